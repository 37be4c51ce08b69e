using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Muster.Access;
using Muster.Amqp;
using Xunit;

namespace Muster.EventHubs;

public sealed class RedirectRouteTests
{
    private static readonly RedirectRoute Route = new(new EventHubsAddress("events", "hub.test", 5671));

    [Theory]
    [InlineData("amqps://hub.test/messages/events/$management")]
    [InlineData("/messages/events/ConsumerGroups/$Default/Partitions/0")]
    public async Task A_client_of_the_hubs_own_name_is_told_where_its_events_are(string address)
    {
        var plan = Route.Match(Request(address));
        Assert.Equal(new LinkClaim.Policy(AccessRights.ServiceConnect, null), plan?.Claim);

        var error = Assert.IsType<LinkAnswer.Refused>(await plan!.Open(LinkGrant.Anyone.Instance)).Error;

        Assert.Equal("amqp:link:redirect", error.Condition);
        Assert.Equal(
            new Dictionary<string, object>
            {
                ["hostname"] = "hub.test", ["network-host"] = "hub.test", ["port"] = 5671, ["address"] = "amqps://hub.test:5671/events/$management",
            },
            error.Info);
        Assert.Equal("events", Regex.Match((string)error.Info["address"], @":\d+\/(.*)\/\$management").Groups[1].Value);
    }

    [Theory]
    [InlineData("messages/events")]
    [InlineData("devices/d/messages/events")]
    [InlineData("$management")]
    public void Other_addresses_are_not_its_own(string address) => Assert.Null(Route.Match(Request(address)));

    private static LinkRequest Request(string address) => new()
    {
        Peer = new Nobody(),
        Session = new object(),
        Direction = LinkDirection.ToClient,
        Address = LinkAddress.Parse(address),
        ClientAddress = null,
        Name = "link",
        Properties = null,
        Filters = null,
        WantsSettled = false,
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
