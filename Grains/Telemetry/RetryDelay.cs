namespace Muster.Telemetry;

/// <summary>Pauses that double, from a hundredth of the longest one on.</summary>
internal sealed class RetryDelay(TimeSpan longest, TimeProvider clock)
{
    private TimeSpan next = longest / 100;

    internal void Reset() => next = longest / 100;

    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        var pause = next;
        next = TimeSpan.FromTicks(Math.Min(longest.Ticks, 2 * next.Ticks));
        await Task.Delay(pause, clock, cancellationToken);
    }
}
