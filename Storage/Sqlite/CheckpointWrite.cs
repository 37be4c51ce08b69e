using Muster.Telemetry;

namespace Muster.Storage.Sqlite;

/// <summary>Takes a checkpoint over: the epoch is raised, and with it every lease given out before is void.</summary>
internal sealed class CheckpointAcquire(string consumer, int partition)
    : TaskCompletionSource<CheckpointLease>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    private const string Take = """
        INSERT INTO checkpoint (consumer, partition_id, epoch, next_offset) VALUES (?1, ?2, 1, 0)
        ON CONFLICT (consumer, partition_id) DO UPDATE SET epoch = epoch + 1
        RETURNING epoch, next_offset
        """;

    private CheckpointLease? lease;

    public int Bytes => 64;

    public void Apply(WriteSession session)
    {
        var statement = session.Database.Cached(Take);
        statement.BindText(1, consumer);
        statement.Bind(2, partition);
        statement.Step();
        lease = new CheckpointLease(consumer, partition, statement.Int64(0), statement.Int64(1));
        statement.Reset();
    }

    public void Committed() => SetResult(lease!);

    public void Failed(Exception why) => SetException(why);
}

/// <summary>Moves a checkpoint, if the lease is still the newest.</summary>
internal sealed class CheckpointSave(CheckpointLease lease, long nextOffset)
    : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), IWriteOperation
{
    private const string Save = "UPDATE checkpoint SET next_offset = ?1 WHERE consumer = ?2 AND partition_id = ?3 AND epoch = ?4";

    private bool saved;

    public int Bytes => 64;

    public void Apply(WriteSession session)
    {
        var statement = session.Database.Cached(Save);
        statement.Bind(1, nextOffset);
        statement.BindText(2, lease.Consumer);
        statement.Bind(3, lease.Partition);
        statement.Bind(4, lease.Epoch);
        statement.Execute();
        saved = session.Database.Changes == 1;
    }

    public void Committed() => SetResult(saved);

    public void Failed(Exception why) => SetException(why);
}
