namespace Muster.Calls;

/// <summary>
/// The calls to one target that are under way, by the second in which they began: those that take longer than a second are what an unreachable
/// target leaves behind. Thread-safe.
/// </summary>
internal sealed class CallLane
{
    private const int Seconds = 64;
    private readonly int[] begun = new int[Seconds];
    private int total;

    /// <summary>Calls that began before the second before this one.</summary>
    internal int Slow(long second) =>
        Volatile.Read(ref total) - Volatile.Read(ref begun[second % Seconds]) - Volatile.Read(ref begun[(second + Seconds - 1) % Seconds]);

    internal void Enter(long second)
    {
        Interlocked.Increment(ref begun[second % Seconds]);
        Interlocked.Increment(ref total);
    }

    /// <param name="second">The one in which the call began.</param>
    internal void Leave(long second)
    {
        Interlocked.Decrement(ref begun[second % Seconds]);
        Interlocked.Decrement(ref total);
    }
}
