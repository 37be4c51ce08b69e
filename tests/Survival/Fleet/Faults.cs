using System.Collections.Concurrent;

namespace Muster.Survival;

/// <summary>What must not be and was seen. The first hundred are kept, all are counted.</summary>
internal sealed class Faults
{
    private const int Kept = 100;
    private readonly ConcurrentQueue<string> lines = new();
    private int count;

    internal int Count => Volatile.Read(ref count);

    internal IReadOnlyCollection<string> Lines => [.. lines];

    internal void Add(string what)
    {
        if (Interlocked.Increment(ref count) <= Kept)
        {
            lines.Enqueue(what);
        }
    }
}
