using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>Checkpoints, of which there are few: each is a statement of its own.</summary>
internal sealed class PostgresCheckpointStore(Func<PostgresStore> store) : ICheckpointStore
{
    private const string Take = """
        insert into checkpoint as c (consumer, partition_id, epoch, next_offset) values ($1, $2, 1, 0)
        on conflict (consumer, partition_id) do update set epoch = c.epoch + 1
        returning epoch, next_offset
        """;

    private const string Save = "update checkpoint set next_offset = $3 where consumer = $1 and partition_id = $2 and epoch = $4";

    public async Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken)
    {
        await using var take = Command(Take, consumer, partition);
        try
        {
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new CheckpointLease(consumer, partition, reader.GetInt64(0), reader.GetInt64(1));
        }
        catch (NpgsqlException e)
        {
            throw PostgresFaults.Translate(e);
        }
    }

    public async Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken)
    {
        await using var save = Command(Save, lease.Consumer, lease.Partition);
        save.Parameters.Add(new NpgsqlParameter<long> { TypedValue = nextOffset });
        save.Parameters.Add(new NpgsqlParameter<long> { TypedValue = lease.Epoch });
        try
        {
            return await save.ExecuteNonQueryAsync(cancellationToken) == 1;
        }
        catch (NpgsqlException e)
        {
            throw PostgresFaults.Translate(e);
        }
    }

    private NpgsqlCommand Command(string sql, string consumer, int partition)
    {
        var command = store().Database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = consumer });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = partition });
        return command;
    }
}
