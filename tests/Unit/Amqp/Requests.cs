using System.Security.Cryptography.X509Certificates;

namespace Muster.Amqp;

/// <summary>Attaches of a client that is on no connection.</summary>
internal static class Requests
{
    public static LinkRequest Of(string address, LinkDirection direction) => new()
    {
        Peer = new NoPeer(),
        Session = new object(),
        Direction = direction,
        Address = LinkAddress.Parse(address),
        ClientAddress = null,
        Name = "l",
        Properties = null,
        Filters = null,
        DesiredCapabilities = [],
    };

    private sealed class NoPeer : IPeer
    {
        public long ConnectionId => 1;

        public SaslMechanism Mechanism => SaslMechanism.None;

        public X509Certificate2? ClientCertificate => null;

        public string? HostName => "hub.test";

        public CancellationToken Ended => CancellationToken.None;

        public ValueTask<LinkGrant?> AuthorizeAsync(LinkClaim claim, bool isFresh = false) => ValueTask.FromResult<LinkGrant?>(null);

        public T Share<T>(object key, Func<T> make)
            where T : class => make();

        public void Unshare(object key)
        {
        }

        public void Close(LinkError error)
        {
        }
    }
}
