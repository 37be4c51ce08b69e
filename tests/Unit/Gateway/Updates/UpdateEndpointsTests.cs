using System.Collections.Immutable;
using Muster.Access;
using Muster.Gateway;
using Xunit;

namespace Muster.Updates;

public sealed class UpdateEndpointsTests
{
    private const string Path = "/api/v1/devices/d1/update";

    [Fact]
    public async Task Why_a_device_is_not_up_to_date_is_answered_with_its_history()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").Update = Update;
        gateway.Cluster.Rollouts.Steps = [Step(3), Step(2), Step(1)];

        var first = await gateway.SendAsync(HttpMethod.Get, $"{Path}?max=2");
        Assert.Equal(("d1", long.MaxValue, 2), gateway.Cluster.Rollouts.LastRead);
        var second = await gateway.SendAsync(HttpMethod.Get, $"{Path}?max=2&before=2", null, FakePrincipals.As("eve"));

        Assert.Equal((200, 200), (first.Status, second.Status));
        Assert.Equal(["Waiting for the window until 02:00."], first.Json.GetProperty("because").EnumerateArray().Select(why => why.GetString()));
        Assert.Equal(("gated", "pump@2", 2), (
            first.Json.GetProperty("status").GetString(), first.Json.GetProperty("release").GetString(), first.Json.GetProperty("next").GetInt64()));
        Assert.Equal(
            """{"sequence":3,"rollout":"r","group":0,"attempt":1,"from":"eligible","to":"gated","time":"1970-01-01T00:00:00+00:00","trigger":"Checked","actor":"engine","evidence":"e"}""",
            first.Json.GetProperty("history")[0].GetRawText());
        Assert.Equal([1L], second.Json.GetProperty("history").EnumerateArray().Select(step => step.GetProperty("sequence").GetInt64()));
        Assert.False(second.Json.TryGetProperty("next", out _));
    }

    [Fact]
    public async Task A_device_without_an_update_is_told_from_one_that_is_not_there()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.PutAsync("/devices/d1", """{"deviceId":"d1"}""");

        var none = await gateway.SendAsync(HttpMethod.Get, $"{Path}?");
        var absent = await gateway.SendAsync(HttpMethod.Get, "/api/v1/devices/d2/update?");

        Assert.Equal((404, 404), (none.Status, absent.Status));
        Assert.Equal("Device d1 has had no update: no rollout has come to it yet.", none.Json.GetProperty("detail").GetString());
        Assert.Equal("There is no device d2.", absent.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_member_whose_turn_has_not_come_is_planned_and_one_that_was_updated_before_says_so_too()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts.Turns["d1"] = [new RolloutTurn { Rollout = "next", Group = 2, Status = UpdateStatus.Planned, Release = "pump@3", Version = "3", Because = "Not yet." }];

        var planned = await gateway.SendAsync(HttpMethod.Get, $"{Path}?");
        gateway.Cluster.Device("d1").Update = Update with { Status = UpdateStatus.Succeeded, Because = [] };
        var updated = await gateway.SendAsync(HttpMethod.Get, $"{Path}?");
        gateway.Cluster.Device("d1").Update = Update;
        var underway = await gateway.SendAsync(HttpMethod.Get, $"{Path}?");

        Assert.Equal(
            """{"deviceId":"d1","rollout":"next","group":2,"release":"pump@3","version":"3","status":"planned","attempt":0,"wireId":0,"because":["Not yet."],"history":[]}""",
            planned.Json.GetRawText());
        Assert.Equal(("succeeded", "Not yet."), (updated.Json.GetProperty("status").GetString(), updated.Json.GetProperty("because")[0].GetString()));
        Assert.Equal(1, underway.Json.GetProperty("because").GetArrayLength());
    }

    [Fact]
    public async Task A_policy_reads_an_update_if_it_may_connect_and_changes_none()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").Update = Update;

        var change = await gateway.SendAsync(HttpMethod.Post, $"{Path}/cancel", """{"reason":"x"}""");
        gateway.Cluster.Grant = gateway.Cluster.Grant with { Rights = AccessRights.RegistryRead };
        var read = await gateway.SendAsync(HttpMethod.Get, $"{Path}?", null, ("Authorization", gateway.Token + "2"));

        Assert.Equal((403, 401), (change.Status, read.Status));
        Assert.Null(gateway.Cluster.Device("d1").LastUpdateWish);
    }

    [Theory]
    [InlineData("cancel", """{"reason":"WrongSite"}""", "r")]
    [InlineData("cancel", """{"reason":"WrongSite","rollout":"other"}""", "other")]
    [InlineData("rollback", """{"reason":"WrongSite"}""", "r")]
    [InlineData("release-quarantine", null, "")]
    public async Task An_operator_stops_an_update(string verb, string? body, string rollout)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var device = gateway.Cluster.Device("d1");
        (device.Update, device.UpdateReply) = (Update, new UpdateReply.Accepted(UpdateStatus.Canceling));

        Assert.Equal(403, (await gateway.SendAsync(HttpMethod.Post, $"{Path}/{verb}", body, FakePrincipals.Ada)).Status);
        Assert.Null(device.LastUpdateWish);
        var answer = await gateway.SendAsync(HttpMethod.Post, $"{Path}/{verb}", body, FakePrincipals.Olga);

        Assert.Equal((200, "canceling"), (answer.Status, answer.Json.GetProperty("status").GetString()));
        Assert.Equal((verb, rollout, "olga"), device.LastUpdateWish);
    }

    [Fact]
    public async Task What_cannot_be_stopped_is_a_problem_that_says_where_it_stands()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var device = gateway.Cluster.Device("d1");
        device.Update = Update;
        foreach (var (reply, status, type, word) in new (UpdateReply, int, string, string)[]
        {
            (new UpdateReply.Late(UpdateStatus.Succeeded), 409, "wrong-status", "succeeded"),
            (new UpdateReply.Refused(UpdateStatus.Installing), 409, "wrong-status", "installing"),
            (new UpdateReply.Unknown(), 404, "not-found", "rollout r"),
        })
        {
            device.UpdateReply = reply;
            var answer = await gateway.SendAsync(HttpMethod.Post, $"{Path}/cancel", """{"reason":"x"}""", FakePrincipals.Olga);

            Assert.Equal((status, $"urn:muster:problem:{type}"), (answer.Status, answer.Json.GetProperty("type").GetString()));
            Assert.Contains(word, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{}", "reason")]
    [InlineData("""{"reason":"two words"}""", "reason")]
    [InlineData("""{"reason":"x","rolout":"r"}""", "rolout")]
    public async Task A_reason_is_one_word(string body, string field)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, $"{Path}/rollback", body, FakePrincipals.Olga);

        Assert.Equal((400, field), (answer.Status, Assert.Single(answer.Json.GetProperty("errors").EnumerateObject()).Name));
    }

    private static DeviceUpdateView Update { get; } = new()
    {
        Rollout = "r",
        Group = 0,
        Release = "pump@2",
        Version = "2",
        Status = UpdateStatus.Gated,
        Since = DateTimeOffset.UnixEpoch,
        Attempt = 1,
        WireId = 7,
        Because = ["Waiting for the window until 02:00."],
    };

    private static UpdateStep Step(long sequence) => new()
    {
        Sequence = sequence,
        Rollout = "r",
        Group = 0,
        Attempt = 1,
        From = UpdateStatus.Eligible,
        To = UpdateStatus.Gated,
        At = DateTimeOffset.UnixEpoch,
        Trigger = "Checked",
        Actor = "engine",
        Evidence = "e",
    };
}
