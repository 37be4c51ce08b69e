using Muster.Telemetry;

namespace Muster.Storage.Sqlite;

/// <summary>Checkpoints ride in the writer's batches with everything else.</summary>
internal sealed class SqliteCheckpointStore(Func<SqliteStore> store) : ICheckpointStore
{
    public Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken)
    {
        var acquire = new CheckpointAcquire(consumer, partition);
        store().Writer.Add(acquire);
        return acquire.Task.WaitAsync(cancellationToken);
    }

    public Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken)
    {
        var save = new CheckpointSave(lease, nextOffset);
        store().Writer.Add(save);
        return save.Task.WaitAsync(cancellationToken);
    }
}
