using System.Collections.Immutable;
using Muster.CloudToDevice;

namespace Muster.Storage.Sqlite;

/// <summary>Records for the back office; they ride in the writer's batches with everything else.</summary>
internal sealed class SqliteServiceQueueStore(Func<SqliteStore> store) : IServiceQueueStore
{
    private const string Append = "INSERT INTO service_record (queue, id, at, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (queue, id) DO NOTHING";
    private const string Settle = "UPDATE service_record SET body = NULL WHERE position = ?1 AND queue = ?2";
    private const string Forget = "DELETE FROM service_record WHERE position IN (SELECT position FROM service_record WHERE queue = ?1 AND at < ?2 LIMIT ?3)";
    private const string Count = "SELECT count(*) FROM service_record WHERE queue = ?1 AND body IS NOT NULL";

    private const string Read = """
        SELECT position, id, at, body FROM service_record WHERE queue = ?1 AND position > ?2 AND body IS NOT NULL ORDER BY position LIMIT ?3
        """;

    public Task<ImmutableArray<long>> AppendAsync(string queue, IReadOnlyList<ServiceRecord> records, CancellationToken cancellationToken) => WriteAsync(
        records.Sum(static record => 64 + record.Body.Length),
        database => records.Select(record => Insert(database, queue, record)).ToImmutableArray(),
        cancellationToken);

    public Task<ImmutableArray<QueuedRecord>> ReadAsync(string queue, long after, int limit, CancellationToken cancellationToken) =>
        store().Lookups.ReadAsync(database => Select(database, queue, after, limit), cancellationToken);

    public Task SettleAsync(string queue, IReadOnlyList<long> positions, CancellationToken cancellationToken) => WriteAsync(
        32 * positions.Count,
        database =>
        {
            var settle = database.Cached(Settle);
            foreach (var position in positions)
            {
                settle.Bind(1, position);
                settle.BindText(2, queue);
                settle.Execute();
            }

            return positions.Count;
        },
        cancellationToken);

    public async Task<long> ForgetAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken)
    {
        while (await ForgetPageAsync(queue, before, cancellationToken) == ServiceQueuePages.Forgotten)
        {
            // Others' writes come in between.
        }

        return await CountAsync(queue, cancellationToken);
    }

    private Task<int> ForgetPageAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken) => WriteAsync(
        64,
        database =>
        {
            var forget = database.Cached(Forget);
            forget.BindText(1, queue);
            forget.Bind(2, before.UtcTicks);
            forget.Bind(3, ServiceQueuePages.Forgotten);
            forget.Execute();
            return database.Changes;
        },
        cancellationToken);

    private Task<long> CountAsync(string queue, CancellationToken cancellationToken) => WriteAsync(
        64,
        database =>
        {
            var count = database.Cached(Count);
            count.BindText(1, queue);
            count.Step();
            var left = count.Int64(0);
            count.Reset();
            return left;
        },
        cancellationToken);

    private static long Insert(SqliteDatabase database, string queue, ServiceRecord record)
    {
        Span<byte> id = stackalloc byte[16];
        record.Id.TryWriteBytes(id);
        var insert = database.Cached(Append);
        insert.BindText(1, queue);
        insert.BindBlob(2, id);
        insert.Bind(3, record.At.UtcTicks);
        insert.BindBlob(4, record.Body.Span);
        insert.Execute();
        return database.Changes == 0 ? 0 : database.LastInsertId;
    }

    private static ImmutableArray<QueuedRecord> Select(SqliteDatabase database, string queue, long after, int limit)
    {
        var read = database.Cached(Read);
        read.BindText(1, queue);
        read.Bind(2, after);
        read.Bind(3, limit);
        try
        {
            var records = ImmutableArray.CreateBuilder<QueuedRecord>();
            while (read.Step())
            {
                records.Add(new QueuedRecord(read.Int64(0), new ServiceRecord
                {
                    Id = new Guid(read.Bytes(1)),
                    At = new DateTimeOffset(read.Int64(2), TimeSpan.Zero),
                    Body = read.Bytes(3).ToArray(),
                }));
            }

            return records.DrainToImmutable();
        }
        finally
        {
            read.Reset();
        }
    }

    private Task<T> WriteAsync<T>(int bytes, Func<SqliteDatabase, T> write, CancellationToken cancellationToken)
    {
        var operation = new Write<T>(bytes, write);
        store().Writer.Add(operation);
        return operation.Task.WaitAsync(cancellationToken);
    }

    private sealed class Write<T>(int bytes, Func<SqliteDatabase, T> write)
        : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
    {
        private T? answer;

        public int Bytes => bytes;

        public void Apply(WriteSession session) => answer = write(session.Database);

        public void Committed() => SetResult(answer!);

        public void Failed(Exception why) => SetException(why);
    }
}
