using Muster.Errors;
using Muster.Fixture;
using Muster.Telemetry;
using Xunit;

namespace Muster.Routing;

public sealed class RouteMoveTests
{
    [Fact]
    public async Task Events_reach_their_webhook_while_silos_die_and_join()
    {
        var log = new MemoryEventLog();
        await using var fixture = new ClusterFixture
        {
            Log = log,
            Settings = new() { ["Routes:AllowPrivateAddresses"] = "true", ["Routes:RefreshEvery"] = "00:00:00.1", ["Routes:MinRetryDelay"] = "00:00:00.05" },
        };
        await fixture.InitializeAsync();
        await using var server = await WebhookServer.StartAsync();
        var routing = fixture.Cluster.Client.GetGrain<IRoutingGrain>(0);
        var hook = new EndpointSpec.Webhook(server.Url) { Secret = new SecretText(WebhookServer.Secret) };
        Assert.IsType<EndpointReply.Found>(await routing.PutEndpointAsync("hook", hook, new RoutingPrecondition(null)));
        Assert.IsType<RouteReply.Found>(await routing.PutRouteAsync("all", new RouteSpec { Condition = "$body.n >= 0", Endpoint = "hook" }, new RoutingPrecondition(null)));

        var said = new List<string>();
        Say("first");
        await server.ReceivesAsync(1);

        // The one that keeps the routes: the next one has them from what is stored.
        Assert.True(fixture.Cluster.TryGetGrainContext(routing.GetGrainId(), out var keeper));
        await fixture.Cluster.KillSiloAsync(
            fixture.Cluster.Silos.Single(silo => silo.SiloAddress.Equals(keeper.Address.SiloAddress)), TestContext.Current.CancellationToken);
        Say("second");
        await fixture.Cluster.StartAdditionalSiloAsync();
        Say("third");
        await server.TakesAsync(said);

        Assert.Equal(said.Order(StringComparer.Ordinal), server.Distinct.Order(StringComparer.Ordinal));
        Assert.All(said.GroupBy(message => message.Split('/')[0]), own => Assert.Equal(own, server.Distinct.Where(message => message.StartsWith(own.Key + "/", StringComparison.Ordinal))));
        Assert.Equal(0, server.Forged);
        await Eventually.HoldsAsync("the checkpoints are at the end", () => Enumerable.Range(0, log.PartitionCount).All(p => log.NextOf(p, "route/hook") == log.Describe(p).NextOffset));
        Assert.Equal(HubErrorCode.EndpointInUse, (await routing.DeleteEndpointAsync("hook", null))!.Code);

        void Say(string run)
        {
            for (var n = 0; n < 20; n++)
            {
                for (var device = 0; device < 40; device++)
                {
                    log.Append($"mover-{device}", $$"""{"run":"{{run}}","n":{{n}}}""");
                    said.Add($"mover-{device}/{run}/{n}");
                }
            }
        }
    }
}
