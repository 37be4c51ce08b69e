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

    /// <summary>
    /// Attempts again and again until it is cancelled, with a pause after each, whether it failed or ended by itself. An attempt that gets somewhere calls
    /// <see cref="Reset"/>.
    /// </summary>
    /// <param name="attempt">What is to go on.</param>
    /// <param name="failed">Told of what an attempt threw before it was cancelled.</param>
    /// <param name="cancellationToken">Ends it, without an exception.</param>
    internal async Task RepeatAsync(Func<Task> attempt, Action<Exception> failed, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await attempt();
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failed(e);
            }

            await WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
