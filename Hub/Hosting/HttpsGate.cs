using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Muster.Sessions;

namespace Muster;

/// <summary>
/// Bounds the connections of the HTTPS port, before TLS; the excess is closed. A device that comes over WebSocket stops counting here and
/// counts with the other devices.
/// </summary>
public sealed class HttpsGate(IOptions<HubOptions> options)
{
    private readonly int max = options.Value.MaxHttpsConnections ?? FileLimit.DefaultMaxHttpsConnections();
    private int open;

    internal int Open => Volatile.Read(ref open);

    /// <summary>A piece of connection middleware.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(next);
        if (Interlocked.Increment(ref open) > max)
        {
            Interlocked.Decrement(ref open);
            connection.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        var slot = new Slot(this);
        connection.Features.Set(slot);
        try
        {
            await next(connection);
        }
        finally
        {
            slot.Release();
        }
    }

    /// <summary>One connection's place.</summary>
    internal sealed class Slot(HttpsGate gate)
    {
        private int held = 1;

        /// <summary>Idempotent.</summary>
        internal void Release()
        {
            if (Interlocked.Exchange(ref held, 0) == 1)
            {
                Interlocked.Decrement(ref gate.open);
            }
        }
    }
}
