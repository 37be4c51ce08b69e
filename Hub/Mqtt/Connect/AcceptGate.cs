using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Muster.Sessions;

namespace Muster.Mqtt;

/// <summary>The first thing behind accept, before TLS: counts the connection, or closes it, and starts its time to CONNECT.</summary>
internal sealed class AcceptGate(ConnectionLimit limit, TimerWheel wheel, HubInstruments instruments, IOptions<HubOptions> options)
{
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!limit.TryEnter())
        {
            instruments.RefusedAtAccept();
            connection.Abort(new ConnectionAbortedException("Too many connections."));
            return;
        }

        var wire = new AcceptedConnection(connection);
        connection.Features.Set(wire);
        wheel.Schedule(wire, options.Value.ConnectTimeout);
        try
        {
            await next(connection);
        }
        finally
        {
            wheel.Cancel(wire);
            limit.Leave();
        }
    }
}
