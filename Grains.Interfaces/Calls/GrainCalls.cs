using System.Collections.Concurrent;

namespace Muster.Calls;

/// <summary>
/// Calls to grains that outlast a silo which dies, freezes, joins or leaves: what may be repeated is repeated after a pause, or as soon as the
/// cluster's membership changes, until <see cref="Budget"/> is spent. Thread-safe.
/// </summary>
/// <param name="clock">For pauses and the budget.</param>
/// <param name="changed">Completes with the next change of membership; null where that is not known, as in a client.</param>
/// <param name="laneOf">The target that a grain key leads to, one of few; null for one target in all.</param>
public sealed class GrainCalls(TimeProvider clock, Func<Task>? changed = null, Func<string, string>? laneOf = null)
{
    /// <summary>No call is begun again once this much has passed since its first attempt. An attempt ends within Orleans' own response time-out.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(15);

    /// <summary>The shortest pause; the longest is twice that.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Calls to one target that have taken more than a second; while there are more, further ones to it are refused.</summary>
    public const int MaxSlowCalls = 2000;

    private readonly ConcurrentDictionary<string, CallLane> lanes = new(StringComparer.Ordinal);

    /// <summary>Makes the call, and again as <paramref name="repeat"/> allows.</summary>
    /// <param name="key">The grain's key.</param>
    /// <param name="repeat">When it may be made again.</param>
    /// <param name="call">Makes the call; called for each attempt.</param>
    /// <param name="cancellationToken">Ends the waiting between attempts; a call under way goes on.</param>
    /// <exception cref="LimitExceededException">Too many calls wait for the same target.</exception>
    /// <exception cref="OrleansException">It failed, and was not repeated any more.</exception>
    /// <exception cref="TimeoutException">The same, where no answer came.</exception>
    public async Task<T> CallAsync<T>(string key, Repeat repeat, Func<Task<T>> call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        var lane = lanes.GetOrAdd(laneOf?.Invoke(key) ?? "", static _ => new CallLane());
        var begun = clock.GetTimestamp();
        var second = begun / clock.TimestampFrequency;
        if (lane.Slow(second) >= MaxSlowCalls)
        {
            throw new LimitExceededException($"{MaxSlowCalls} calls wait for the silo that is to answer.");
        }

        lane.Enter(second);
        try
        {
            return await RepeatAsync(repeat, begun, call, cancellationToken);
        }
        finally
        {
            lane.Leave(second);
        }
    }

    /// <summary>As <see cref="CallAsync"/>, for a call that may take minutes because it waits for a device: it says nothing about its target.</summary>
    public Task<T> WaitAsync<T>(Repeat repeat, Func<Task<T>> call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        return RepeatAsync(repeat, clock.GetTimestamp(), call, cancellationToken);
    }

    private async Task<T> RepeatAsync<T>(Repeat repeat, long begun, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception fault) when (CallFaults.MayRepeat(fault, repeat) && clock.GetElapsedTime(begun) < Budget && !cancellationToken.IsCancellationRequested)
            {
            }
            catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException("The cluster did not answer.", fault);
            }

            await PauseAsync(cancellationToken);
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
#pragma warning disable CA5394 // Spreads retries; nothing is to be kept secret.
        var pause = Task.Delay(Pause * (1 + Random.Shared.NextDouble()), clock, stop.Token);
#pragma warning restore CA5394
        await (changed is null ? pause : Task.WhenAny(pause, changed()));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
