namespace Muster.Deadlines;

/// <summary>Calls many grains: a few at once, not too many per second, and others have their turn in between.</summary>
public sealed class PacedCalls
{
    private const int CallsBetweenYields = 8;
    private const int StepsPerSecond = 10;
    private readonly int concurrency;
    private readonly int perSecond;
    private readonly TimeProvider clock;

    /// <param name="concurrency">Calls at once.</param>
    /// <param name="perSecond">Calls per second, from 10.</param>
    /// <param name="clock">For the pauses.</param>
    public PacedCalls(int concurrency, int perSecond, TimeProvider clock) =>
        (this.concurrency, this.perSecond, this.clock) = (concurrency, perSecond, clock);

    /// <summary>Completes once <paramref name="call"/>, which must not throw, was called for every item.</summary>
    public async Task ForEachAsync<T>(IReadOnlyList<T> items, Func<T, Task> call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        foreach (var step in items.Chunk(Math.Max(1, perSecond / StepsPerSecond)))
        {
            var started = clock.GetTimestamp();
            await CallAsync(step, call, cancellationToken);
            var left = TimeSpan.FromSeconds((double)step.Length / perSecond) - clock.GetElapsedTime(started);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, clock, cancellationToken);
            }
        }
    }

    private Task CallAsync<T>(T[] items, Func<T, Task> call, CancellationToken cancellationToken)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(concurrency, items.Length)).Select(_ => WorkAsync()));

        async Task WorkAsync()
        {
            for (var calls = 1; !cancellationToken.IsCancellationRequested && Interlocked.Increment(ref next) is var i && i < items.Length; calls++)
            {
                await call(items[i]);
                if (calls % CallsBetweenYields == 0)
                {
                    // Local calls run on the thread that makes them: without a turn for others, theirs time out.
                    await Task.Yield();
                }
            }
        }
    }
}
