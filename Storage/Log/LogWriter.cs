namespace Muster.Storage.Log;

/// <summary>
/// A thread that writes some of the partitions: whatever became due while it was busy is its next round, so that batches grow with the
/// load and nothing lingers without it.
/// </summary>
internal sealed class LogWriter
{
    private readonly object gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WriteBuffer buffer = new();
    private List<LogPartition> due = [];
    private List<LogPartition> round = [];
    private bool closing;

    internal LogWriter(int number)
    {
        var thread = new Thread(Run) { IsBackground = true, Name = $"event log writer {number}" };
        thread.Start();
    }

    internal void Schedule(LogPartition partition)
    {
        lock (gate)
        {
            due.Add(partition);
            if (due.Count == 1)
            {
                Monitor.Pulse(gate);
            }
        }
    }

    /// <summary>Completes once all that was due is written and the thread has ended.</summary>
    internal Task CloseAsync()
    {
        lock (gate)
        {
            closing = true;
            Monitor.Pulse(gate);
        }

        return ended.Task;
    }

    private void Run()
    {
        while (NextRound())
        {
            foreach (var partition in round)
            {
                partition.Write(buffer);
            }

            foreach (var partition in round)
            {
                partition.Commit();
            }

            round.Clear();
        }

        ended.SetResult();
    }

    private bool NextRound()
    {
        lock (gate)
        {
            while (due.Count == 0 && !closing)
            {
                Monitor.Wait(gate);
            }

            (due, round) = (round, due);
            return round.Count > 0;
        }
    }
}
