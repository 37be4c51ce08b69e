namespace Muster.Upstream;

/// <summary>One connection for all who need it, made when the first does, and again when it broke.</summary>
internal sealed class SharedConnection(Func<CancellationToken, Task<WireConnection>> open) : IAsyncDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private WireConnection? current;

    /// <exception cref="Errors.UpstreamFaultException">There is no connection to be had now.</exception>
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

            var opened = await open(cancellationToken);
            Volatile.Write(ref current, opened);
            return opened;
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
