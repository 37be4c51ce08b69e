using System.Globalization;
using Amqp;
using Amqp.Framing;
using Amqp.Handler;
using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>Looks at each client's Open before the library does.</summary>
internal sealed class OpenHandler : IHandler
{
    public bool CanHandle(EventId id) => id == EventId.ConnectionRemoteOpen;

    public void Handle(Event protocolEvent)
    {
        var (open, connection) = ((Open)protocolEvent.Context, (ListenerConnection)protocolEvent.Connection);
        if (open.MaxFrameSize < AmqpLimits.MinMaxFrameSize)
        {
            throw new AmqpException(LinkConditions.InvalidField, $"The largest frame has at least {AmqpLimits.MinMaxFrameSize} bytes.");
        }

        // The library would send as many empty frames.
        if (open.IdleTimeOut is > 0 and < AmqpLimits.MinIdleTimeout)
        {
            throw new AmqpException(LinkConditions.InvalidField, $"The idle time-out is at least {AmqpLimits.MinIdleTimeout} ms.");
        }

        var peer = (Peer)connection.Principal;

        // The library takes two links of one name and container for one link: another connection's would be "stolen".
        open.ContainerId = string.Create(CultureInfo.InvariantCulture, $"{open.ContainerId}#{peer.ConnectionId}");
        peer.Opened(connection, open.HostName);
    }
}
