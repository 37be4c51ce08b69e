using System.Collections.Immutable;
using Muster.CloudToDevice;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Storage.Postgres;

/// <summary>Records for the back office: one statement for each batch that the queue's grain has gathered.</summary>
internal sealed class PostgresServiceQueueStore(Func<PostgresStore> store) : IServiceQueueStore
{
    private const string Append = """
        insert into service_record (queue, id, at, body)
        select $1, r.id, r.at, r.body from unnest($2, $3, $4) with ordinality as r (id, at, body, n) order by r.n
        on conflict do nothing returning id, position
        """;

    private const string Read = """
        select position, id, at, body from service_record where queue = $1 and position > $2 and body is not null order by position limit $3
        """;

    private const string Settle = "update service_record set body = null where queue = $1 and position = any($2) and body is not null";
    private const string Forget = """
        delete from service_record where queue = $1 and id in (select id from service_record where queue = $1 and at < $2 limit $3) returning 1
        """;

    private const string Count = "select count(*) from service_record where queue = $1 and body is not null";

    public async Task<ImmutableArray<long>> AppendAsync(string queue, IReadOnlyList<ServiceRecord> records, CancellationToken cancellationToken)
    {
        var added = await RowsAsync(
            Append,
            [
                PostgresRows.Text(queue), PostgresRows.Array(records.Select(static record => record.Id), NpgsqlDbType.Uuid),
                PostgresRows.Array(records.Select(static record => record.At.UtcTicks), NpgsqlDbType.Bigint),
                PostgresRows.Array(records.Select(static record => record.Body.ToArray()), NpgsqlDbType.Bytea),
            ],
            static row => (Id: row.GetGuid(0), Position: row.GetInt64(1)),
            cancellationToken);
        var positions = added.ToDictionary(static row => row.Id, static row => row.Position);
        return [.. records.Select(record => positions.Remove(record.Id, out var position) ? position : 0)];
    }

    public Task<ImmutableArray<QueuedRecord>> ReadAsync(string queue, long after, int limit, CancellationToken cancellationToken) => RowsAsync(
        Read,
        [PostgresRows.Text(queue), new() { Value = after }, new() { Value = limit }],
        static row => new QueuedRecord(row.GetInt64(0), new ServiceRecord
        {
            Id = row.GetGuid(1),
            At = new DateTimeOffset(row.GetInt64(2), TimeSpan.Zero),
            Body = row.GetFieldValue<byte[]>(3),
        }),
        cancellationToken);

    public Task SettleAsync(string queue, IReadOnlyList<long> positions, CancellationToken cancellationToken) =>
        RunAsync(Settle, [PostgresRows.Text(queue), new() { Value = positions.ToArray() }], cancellationToken);

    public async Task<long> ForgetAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken)
    {
        while (await ForgetPageAsync(queue, before, cancellationToken) == ServiceQueuePages.Forgotten)
        {
            // A statement that deletes hours' worth of records would hold its locks, and its connection, for as long.
        }

        return (await RowsAsync(Count, [PostgresRows.Text(queue)], static row => row.GetInt64(0), cancellationToken))[0];
    }

    private async Task<int> ForgetPageAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken) =>
        (await RunAsync(Forget, [PostgresRows.Text(queue), new() { Value = before.UtcTicks }, new() { Value = ServiceQueuePages.Forgotten }], cancellationToken)).Length;

    private Task<ImmutableArray<int>> RunAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        RowsAsync(sql, parameters, static _ => 0, cancellationToken);

    private Task<ImmutableArray<T>> RowsAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        PostgresRows.ReadAsync(store().Database, sql, parameters, read, cancellationToken);
}
