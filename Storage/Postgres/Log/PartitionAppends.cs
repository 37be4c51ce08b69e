using Muster.Storage.Log;

namespace Muster.Storage.Postgres.Log;

/// <summary>Appends to one partition that wait for their appender.</summary>
internal sealed class PartitionAppends(int partition)
{
    private readonly AppendQueue queue = new();
    private AppendOperation? left;

    internal int Partition { get; } = partition;

    internal ValueTask Add(ReadOnlyMemory<byte> records, int count, out bool schedule) => queue.Add(records, count, out schedule);

    /// <summary>By the appender only: moves what waits into the round, in order. False if some did not fit and has to come with a later one.</summary>
    internal bool MoveTo(AppendRound round)
    {
        if (round.Holds(Partition))
        {
            return false;
        }

        var first = left ?? queue.TakeAll();
        if (first is null)
        {
            return true;
        }

        var last = first;
        for (round.Begin(Partition), round.Add(last); last.Next is { } next && !round.IsFull; last = next)
        {
            round.Add(next);
        }

        left = last.Next;
        last.Next = null;
        round.End(first);
        return left is null;
    }

    internal void Close() => queue.Close();
}
