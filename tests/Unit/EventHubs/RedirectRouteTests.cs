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
        var plan = Route.Match(LinkRequests.To(address));
        Assert.Equal(new LinkClaim.Policy(AccessRights.ServiceConnect, null), plan?.Claim);

        var error = Assert.IsType<LinkAnswer.Refused>(await plan!.Open(LinkGrant.Anyone.Instance)).Error;

        Assert.Equal("amqp:link:redirect", error.Condition);
        Assert.Equal(
            new Dictionary<string, object>
            {
                ["hostname"] = "hub.test",
                ["network-host"] = "hub.test",
                ["port"] = 5671,
                ["address"] = "amqps://hub.test:5671/events/$management",
            },
            error.Info);
        Assert.Equal("events", Regex.Match((string)error.Info["address"], @":\d+\/(.*)\/\$management").Groups[1].Value);
    }

    [Theory]
    [InlineData("messages/events")]
    [InlineData("devices/d/messages/events")]
    [InlineData("$management")]
    public void Other_addresses_are_not_its_own(string address) => Assert.Null(Route.Match(LinkRequests.To(address)));
}
