using System.Security.Cryptography.X509Certificates;
using Muster.Amqp;

namespace Muster.EventHubs;

/// <summary>Attaches as a client of one session would make them.</summary>
internal static class LinkRequests
{
    internal static object Session { get; } = new();

    internal static IPeer Peer { get; } = new Nobody();

    internal static LinkRequest To(string address, LinkDirection direction = LinkDirection.ToClient) => new()
    {
        Peer = Peer,
        Session = Session,
        Direction = direction,
        Address = LinkAddress.Parse(address),
        ClientAddress = "replies",
        Name = "link",
        Properties = null,
        Filters = null,
        DesiredCapabilities = [],
    };

    private sealed class Nobody : IPeer
    {
        public long ConnectionId => 1;

        public SaslMechanism Mechanism => SaslMechanism.Anonymous;

        public X509Certificate2? ClientCertificate => null;

        public string? HostName => null;

        public CancellationToken Ended => CancellationToken.None;

        public ValueTask<LinkGrant?> AuthorizeAsync(LinkClaim claim, bool isFresh = false) => throw new NotSupportedException();

        public T Share<T>(object key, Func<T> make)
            where T : class => throw new NotSupportedException();

        public void Unshare(object key) => throw new NotSupportedException();

        public void Close(LinkError error) => throw new NotSupportedException();
    }
}
