using Muster.Gateway;
using Muster.Rollouts;
using Muster.Updates;
using Xunit;

namespace Muster.Gates;

public sealed class GateEndpointsTests
{
    private const string Evidence = """{"leaseSeconds":1800,"evidence":"The line is at 0 bar."}""";
    private static readonly (string, string) Pat = FakePrincipals.As("pat", "site-operations");

    [Fact]
    public async Task A_gate_is_renewed_by_a_route_of_its_own_and_only_where_it_is_open()
    {
        await using var gateway = await StartAsync();

        var renewed = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{IdOf("open")}/renew", Evidence, Pat);
        Assert.Equal(new GateAnswer(GateWord.Renew, "pat", TimeSpan.FromMinutes(30), "The line is at 0 bar."), gateway.Cluster.Device("d1").LastGateAnswer);
        var closed = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{IdOf("waits")}/renew", Evidence, Pat);
        var stranger = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{IdOf("open")}/renew", Evidence, FakePrincipals.As("eve", "firmware"));

        Assert.Equal((200, 409, 403), (renewed.Status, closed.Status, stranger.Status));
    }

    [Theory]
    [InlineData("device=d1", "open,waits")]
    [InlineData("device=d1&status=open", "open")]
    [InlineData("device=d1&status=requested", "waits")]
    [InlineData("device=d1&status=closing", "")]
    [InlineData("rollout=r1&status=open", "open")]
    public async Task A_list_of_gates_is_of_those_that_stand_there(string query, string names)
    {
        await using var gateway = await StartAsync();
        var listed = await gateway.SendAsync(HttpMethod.Get, $"/api/v1/gates?{query}", null, Pat);
        Assert.Equal(names, string.Join(',', listed.Json.GetProperty("gates").EnumerateArray().Select(static gate => gate.GetProperty("name").GetString())));
    }

    [Fact]
    public async Task A_rollout_is_asked_for_all_its_members_where_a_status_is_asked_for_and_an_unknown_one_is_refused()
    {
        await using var gateway = await StartAsync();
        await gateway.SendAsync(HttpMethod.Get, "/api/v1/gates?rollout=r1", null, Pat);
        Assert.Equal("members Gated  100", gateway.Cluster.Rollouts["r1"].Last);
        await gateway.SendAsync(HttpMethod.Get, "/api/v1/gates?rollout=r1&status=closing", null, Pat);
        Assert.Equal("members   100", gateway.Cluster.Rollouts["r1"].Last);
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Get, "/api/v1/gates?rollout=r1&status=ajar", null, Pat)).Status);
    }

    [Fact]
    public async Task Gates_that_a_rollout_keeps_are_listed_first_and_answered_by_it()
    {
        await using var gateway = await StartAsync();
        gateway.Cluster.Rollouts["r1"].Gates = [Gate("r1/site/reroute/1", GateStatus.Requested) with { DeviceId = "", Name = "reroute", Scope = GateScope.Site, Site = "harbour" }];
        var id = GateIds.Of("", "r1/site/reroute/1");

        var listed = (await gateway.SendAsync(HttpMethod.Get, "/api/v1/gates?rollout=r1", null, Pat)).Json.GetProperty("gates");
        Assert.Equal((3, id, "site", "harbour"), (listed.GetArrayLength(), listed[0].GetProperty("id").GetString(), listed[0].GetProperty("scope").GetString(), listed[0].GetProperty("site").GetString()));
        Assert.False(listed[0].TryGetProperty("deviceId", out _));
        Assert.Equal("d1", listed[1].GetProperty("deviceId").GetString());

        var read = await gateway.SendAsync(HttpMethod.Get, $"/api/v1/gates/{id}", null, Pat);
        var opened = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{id}/open", Evidence, Pat);
        Assert.Equal((200, 200, GateWord.Open), (read.Status, opened.Status, gateway.Cluster.Rollouts["r1"].LastGateAnswer!.Word));
        var back = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{id}/callback?token=good", """{"state":"renew"}""");
        var forged = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{id}/callback?token=bad", """{"state":"open"}""");
        var other = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{GateIds.Of("", "no slash")}/open", Evidence, Pat);
        Assert.Equal((200, 404, 404, GateWord.Renew), (back.Status, forged.Status, other.Status, gateway.Cluster.Rollouts["r1"].LastGateAnswer!.Word));
    }

    [Fact]
    public async Task A_gate_that_nobody_hears_is_closed_by_an_operator_who_says_what_he_saw_and_by_nobody_else()
    {
        await using var gateway = await StartAsync();
        gateway.Cluster.Rollouts["r1"].Gates = [Gate("r1/site/reroute/1", GateStatus.Closing) with { DeviceId = "", Name = "reroute", Scope = GateScope.Site, Site = "harbour" }];
        var olga = FakePrincipals.As("olga", "operator");
        await Assert.AllAsync([(IdOf("open"), "d1"), (GateIds.Of("", "r1/site/reroute/1"), "")], async gate =>
        {
            var path = $"/api/v1/gates/{gate.Item1}/close";
            Assert.Equal(403, (await gateway.SendAsync(HttpMethod.Post, path, GateCloseRequest.Example, Pat)).Status);
            Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Post, path, """{"evidence":" "}""", olga)).Status);
            Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Post, path, GateCloseRequest.Example, olga)).Status);
            var said = gate.Item2.Length > 0 ? gateway.Cluster.Device(gate.Item2).LastGateAnswer : gateway.Cluster.Rollouts["r1"].LastGateAnswer;
            Assert.Equal(new GateAnswer(GateWord.Closed, "olga", null, "Rang the plant: the fuel goes through P7 again."), said);
        });
        Assert.Equal(404, (await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{IdOf("none")}/close", GateCloseRequest.Example, olga)).Status);
    }

    [Fact]
    public async Task Gates_of_a_rollout_that_cannot_be_are_not_found_and_nothing_is_asked()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(404, (await gateway.SendAsync(HttpMethod.Get, "/api/v1/gates?rollout=r%2F1", null, Pat)).Status);
        Assert.DoesNotContain("r/1", gateway.Cluster.Rollouts.Asked);
    }

    private static async Task<GatewayFixture> StartAsync()
    {
        var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").Update = new DeviceUpdateView
        {
            Rollout = "r1",
            Group = 0,
            Release = "pump@2",
            Version = "2",
            Status = UpdateStatus.Gated,
            Since = default,
            Attempt = 1,
            WireId = 1,
            Epoch = 1,
            Gates = [Gate("open", GateStatus.Open), Gate("waits", GateStatus.Requested)],
        };
        gateway.Cluster.Rollouts["r1"].Members = [new RolloutMember { DeviceId = "d1", Group = 0, Status = UpdateStatus.Gated, Attempt = 1 }];
        return gateway;
    }

    private static GateView Gate(string name, GateStatus status) => new()
    {
        Key = name,
        Rollout = "r1",
        DeviceId = "d1",
        Name = name,
        Phase = GatePhase.BeforeOffer,
        Kind = GateKind.Manual,
        Status = status,
        Since = default,
        Role = "site-operations",
    };

    private static string IdOf(string gate) => GateIds.Of("d1", gate);
}
