using Muster.Errors;

namespace Muster.Upstream;

/// <summary>One connection for all who need it, made when the first does, and again when it broke.</summary>
internal sealed class SharedConnection(Func<CancellationToken, Task<WireConnection>> open, TimeProvider clock) : IAsyncDisposable
{
    // All who waited for an attempt that failed are told so, instead of making one each in turn.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turn = new(1);
    private WireConnection? current;
    private (string Message, DateTimeOffset At)? failure;

    /// <exception cref="UpstreamFaultException">There is no connection to be had now.</exception>
    public async Task<WireConnection> GetAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref current) is { IsOpen: true } known)
        {
            return known;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            if (current is { IsOpen: true } made)
            {
                return made;
            }

            if (current is not null)
            {
                await current.DisposeAsync();
                current = null;
            }

            if (failure is { } failed && clock.GetUtcNow() - failed.At < Rest)
            {
                throw new UpstreamFaultException(failed.Message);
            }

            var opened = await open(cancellationToken);
            Volatile.Write(ref current, opened);
            return opened;
        }
        catch (UpstreamFaultException e)
        {
            failure = failure is { } last && clock.GetUtcNow() - last.At < Rest ? last : (e.Message, clock.GetUtcNow());
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (current is not null)
        {
            await current.DisposeAsync();
        }

        turn.Dispose();
    }
}
