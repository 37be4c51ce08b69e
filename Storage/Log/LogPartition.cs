namespace Muster.Storage.Log;

/// <summary>One partition: what waits, what is written, what is committed.</summary>
internal sealed class LogPartition(AppendQueue queue, CommittedEvents committed, PartitionWriter writer, LogWriter thread) : IDisposable
{
    private volatile bool maintenanceDue;

    internal CommittedEvents Committed { get; } = committed;

    internal ValueTask AppendAsync(ReadOnlyMemory<byte> records, int count)
    {
        var completion = queue.Add(records, count, out var schedule);
        if (schedule)
        {
            thread.Schedule(this);
        }

        return completion;
    }

    internal void RequestMaintenance()
    {
        maintenanceDue = true;
        if (queue.Schedule())
        {
            thread.Schedule(this);
        }
    }

    internal void Close() => queue.Close();

    /// <summary>On the writer's thread.</summary>
    internal void Write(WriteBuffer buffer) => writer.Write(buffer);

    /// <summary>On the writer's thread.</summary>
    internal void Commit()
    {
        writer.Commit();
        if (maintenanceDue)
        {
            maintenanceDue = false;
            writer.Maintain();
        }
    }

    public void Dispose() => writer.Dispose();
}
