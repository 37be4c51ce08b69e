using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>Serves one AMQP connection, over whatever it came, from its first byte to its last.</summary>
internal sealed class FrontDoor(
    SaslFront front, AmqpEngine engine, Connections connections, UnprovedLimit limit, PeerServices services, HubState state, HubInstruments instruments)
{
    /// <summary>Returns once the connection is over; its bytes have been handed to the wire then.</summary>
    public async Task ServeAsync(Wire wire)
    {
        // Whoever is closed on here comes back: SDKs take it for a network fault.
        if (!state.IsReady || limit.TryEnter() is not { } place)
        {
            return;
        }

        try
        {
            var tokens = new TokenBook(services.Clock);
            if (await front.NegotiateAsync(wire, tokens) is { } mechanism)
            {
                instruments.AmqpConnected(mechanism);
                await RunAsync(wire, mechanism, tokens, place);
            }
        }
        finally
        {
            place.Release();
        }
    }

    private async Task RunAsync(Wire wire, SaslMechanism mechanism, TokenBook tokens, UnprovedLimit.Place place)
    {
        using var peer = new Peer(wire, mechanism, tokens, services, place);
        connections.Add(peer);
        try
        {
            if (mechanism == SaslMechanism.Plain)
            {
                peer.Proved();
                peer.TokensChanged();
            }

            engine.Serve(peer.Transport);
            await peer.Transport.Ended;
        }
        finally
        {
            connections.Remove(peer);
        }
    }
}
