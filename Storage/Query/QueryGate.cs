using Muster.Fleet;

namespace Muster.Storage.Query;

/// <summary>
/// How many questions over the fleet run at once in this process. What finds no place among those that wait, or waits too long, is refused:
/// the answer to a slow store is "later", never a growing queue. Thread-safe.
/// </summary>
internal sealed class QueryGate(FleetQueryOptions options, TimeProvider clock, int mostRunning = int.MaxValue) : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim places = new(Math.Min(options.MaxRunning, mostRunning));
    private int waiting;

    /// <summary>Runs the question when it has its turn, and stops it when it has used up its time.</summary>
    /// <exception cref="FleetBusyException">It had no turn, or was stopped.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        try
        {
            using var timeout = new CancellationTokenSource(options.PageTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                return await question(either.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Stopped();
            }
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose() => places.Dispose();

    private FleetBusyException Stopped() =>
        new($"The query was stopped after {options.PageTimeout.TotalSeconds:0.#} s: narrow its condition, or try again later.", RetryAfter);

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (places.Wait(TimeSpan.Zero, CancellationToken.None))
        {
            return;
        }

        if (Interlocked.Increment(ref waiting) > options.MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            throw Refused();
        }

        using var patience = new CancellationTokenSource(options.MaxWait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await places.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refused();
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private static FleetBusyException Refused() => new("Too many queries run at once. Try again later.", RetryAfter);
}
