using System.Text.Json;
using Muster.Devices;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Ddi;

public sealed class DdiRoutesTests
{
    private const string Base = "/default/controller/v1/d1";
    private const string Known = """{"deviceInformation":{"swVersion":"1.0.0","updateAgent":"swupdate"}}""";

    [Fact]
    public async Task An_idle_device_is_told_when_to_ask_again_and_nothing_else()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1", Known);

        var answer = await PollAsync(hub);

        Assert.Equal((200, "application/json"), (answer.Status, answer.ContentType));
        Assert.Equal("""{"config":{"polling":{"sleep":"00:05:00"}},"_links":{}}""", answer.Body);
        Assert.Equal([UpdateAgent.SwUpdate], hub.Devices["d1"].Polls);
    }

    [Fact]
    public async Task A_device_whose_version_is_not_known_is_asked_what_it_is()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1");

        Assert.Equal("https://hub.example:8443/default/controller/v1/d1/configData", Link(await PollAsync(hub), "configData"));
    }

    [Fact]
    public async Task SWUpdate_is_not_asked_what_it_is_beside_an_action_since_it_would_not_look_at_that()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1");
        device.Offer = AgentFixture.Offer("pump.swu");
        Assert.Null(Link(await PollAsync(hub), "configData"));

        device.Offer = AgentFixture.Offer("pump.raucb");
        Assert.NotNull(Link(await PollAsync(hub, AgentFixture.Rauc), "configData"));
    }

    [Fact]
    public async Task A_deployment_is_shown_with_one_chunk_of_one_artifact_and_all_links_are_absolute()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Offer = AgentFixture.Offer("pump.swu");

        var poll = await PollAsync(hub);
        Assert.Equal("00:00:10", poll.Json.GetProperty("config").GetProperty("polling").GetProperty("sleep").GetString());
        Assert.Equal("https://hub.example:8443/default/controller/v1/d1/deploymentBase/101?c=4", Link(poll, "deploymentBase"));

        var answer = await GetAsync(hub, "/deploymentBase/101?c=4");
        Assert.Equal("101", answer.Json.GetProperty("id").GetString());
        var deployment = answer.Json.GetProperty("deployment");
        Assert.Equal(("forced", "forced"), (deployment.GetProperty("download").GetString(), deployment.GetProperty("update").GetString()));
        Assert.False(deployment.TryGetProperty("maintenanceWindow", out _));
        var chunk = Assert.Single(deployment.GetProperty("chunks").EnumerateArray());
        Assert.Equal(("os", "2.0.0", "pump-fw"), (chunk.GetProperty("part").GetString(), chunk.GetProperty("version").GetString(), chunk.GetProperty("name").GetString()));
        var artifact = Assert.Single(chunk.GetProperty("artifacts").EnumerateArray());
        Assert.Equal(("pump.swu", 3072), (artifact.GetProperty("filename").GetString(), artifact.GetProperty("size").GetInt64()));
        Assert.Equal(new string('1', 40), artifact.GetProperty("hashes").GetProperty("sha1").GetString());
        Assert.Equal("https://hub.example:8443/artifacts/pump.swu?d=d1", Link(artifact, "download"));
        Assert.Equal("http://hub.example:8080/artifacts/pump.swu?d=d1", Link(artifact, "download-http"));
        Assert.Equal(AgentEvent.Fetched, Assert.Single(device.Reports).Event);
    }

    [Fact]
    public async Task Who_came_without_TLS_is_sent_to_artifacts_without_it()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1", Known).Offer = AgentFixture.Offer("pump.swu");

        var answer = await GetAsync(hub, "http://hub.example:8080" + Base + "/deploymentBase/101");
        var artifact = answer.Json.GetProperty("deployment").GetProperty("chunks")[0].GetProperty("artifacts")[0];

        Assert.Equal("http://hub.example:8080/artifacts/pump.swu?d=d1", Link(artifact, "download-http"));
        Assert.False(artifact.GetProperty("_links").TryGetProperty("download", out _));
    }

    [Fact]
    public async Task A_deployment_that_was_fetched_before_is_not_reported_fetched_again()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Offer = AgentFixture.Offer("pump.swu", status: UpdateStatus.Downloading);

        Assert.Equal(200, (await GetAsync(hub, "/deploymentBase/101")).Status);
        Assert.Empty(device.Reports);
    }

    [Theory]
    [InlineData(UpdatePermit.None, UpdateStatus.Gated)]
    [InlineData(UpdatePermit.Download, UpdateStatus.Offered)]
    [InlineData(UpdatePermit.Commit, UpdateStatus.Soaking)]
    public async Task SWUpdate_never_sees_what_it_may_not_install(UpdatePermit permit, UpdateStatus status)
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1", Known).Offer = AgentFixture.Offer("pump.swu", permit, status);

        Assert.Null(Link(await PollAsync(hub), "deploymentBase"));
        Assert.Equal(404, (await GetAsync(hub, "/deploymentBase/101")).Status);
    }

    [Theory]
    [InlineData(UpdateStatus.Installed)]
    [InlineData(UpdateStatus.Rebooting)]
    [InlineData(UpdateStatus.Verifying)]
    public async Task SWUpdate_sees_the_same_deployment_until_it_has_confirmed_it_and_RAUC_does_not(UpdateStatus status)
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Offer = AgentFixture.Offer("pump.swu", status: status);
        Assert.NotNull(Link(await PollAsync(hub), "deploymentBase"));

        device.Offer = AgentFixture.Offer("pump.raucb", status: status);
        var poll = await PollAsync(hub, AgentFixture.Rauc);
        Assert.Null(Link(poll, "deploymentBase"));
        Assert.NotNull(Link(poll, "configData"));
    }

    [Fact]
    public async Task RAUC_fetches_what_it_may_not_install_yet_and_waits()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1", Known).Offer = AgentFixture.Offer("pump.raucb", UpdatePermit.Download);

        Assert.EndsWith("/deploymentBase/101?c=1", Link(await PollAsync(hub, AgentFixture.Rauc), "deploymentBase"), StringComparison.Ordinal);
        var deployment = (await hub.SendAsync("GET", Base + "/deploymentBase/101", null, ("Authorization", hub.Gateway), ("User-Agent", AgentFixture.Rauc))).Json.GetProperty("deployment");

        Assert.Equal(
            ("forced", "skip", "unavailable"),
            (deployment.GetProperty("download").GetString(), deployment.GetProperty("update").GetString(), deployment.GetProperty("maintenanceWindow").GetString()));
    }

    [Fact]
    public async Task A_release_without_a_file_for_the_agent_is_not_shown()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1", Known).Offer = AgentFixture.Offer("pump.mender");

        Assert.Null(Link(await PollAsync(hub), "deploymentBase"));
        Assert.Null(Link(await PollAsync(hub, AgentFixture.Rauc), "deploymentBase"));
    }

    [Fact]
    public async Task A_cancellation_has_the_id_of_its_action_and_no_query()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Offer = AgentFixture.Offer("pump.swu", status: UpdateStatus.Canceling) with { IsCancel = true };

        var poll = await PollAsync(hub);
        Assert.Equal("https://hub.example:8443/default/controller/v1/d1/cancelAction/101", Link(poll, "cancelAction"));
        Assert.Null(Link(poll, "deploymentBase"));
        Assert.Equal(404, (await GetAsync(hub, "/deploymentBase/101")).Status);
        Assert.Equal("""{"id":"101","cancelAction":{"stopId":"101"}}""", (await GetAsync(hub, "/cancelAction/101")).Body);
        Assert.Equal(404, (await GetAsync(hub, "/cancelAction/102")).Status);

        Assert.Equal(200, (await FeedbackAsync(hub, "cancelAction/101", "closed", "success", "cancellation acknowledged.")).Status);
        Assert.Equal(AgentEvent.Canceled, Assert.Single(device.Reports).Event);
    }

    [Fact]
    public async Task Nothing_can_be_cancelled_that_is_not_being_cancelled()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1", Known).Offer = AgentFixture.Offer("pump.swu");

        Assert.Equal(404, (await GetAsync(hub, "/cancelAction/101")).Status);
    }

    [Fact]
    public async Task A_failure_carries_the_errors_that_the_agent_said_before()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Offer = AgentFixture.Offer("pump.swu", status: UpdateStatus.Downloading);

        await FeedbackAsync(hub, "deploymentBase/101", "proceeding", "none", "[TRACE] : x", "ERROR : Authentication of all signatures failed");
        await FeedbackAsync(hub, "deploymentBase/101", "proceeding", "none", "[TRACE] : y", "[INFO ] : z");
        await FeedbackAsync(hub, "deploymentBase/101", "closed", "failure", "No suitable .swu image found");

        Assert.Equal(
            [(AgentEvent.Log, "ERROR : Authentication of all signatures failed"), (AgentEvent.Failed, "ERROR : Authentication of all signatures failed\nNo suitable .swu image found")],
            device.Reports.Select(report => (report.Event, report.Message)));
    }

    [Fact]
    public async Task Feedback_is_answered_200_whatever_became_of_it_unless_there_is_no_such_action()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        foreach (var reply in (UpdateReply[])[new UpdateReply.Accepted(UpdateStatus.Verifying), new UpdateReply.Late(UpdateStatus.Failed), new UpdateReply.Refused(UpdateStatus.Offered)])
        {
            device.Judge = _ => reply;
            var answer = await FeedbackAsync(hub, "deploymentBase/101", "closed", "success", "Update Installed.");
            Assert.Equal((200, ""), (answer.Status, answer.Body));
        }

        device.Judge = _ => new UpdateReply.Unknown();
        Assert.Equal(404, (await FeedbackAsync(hub, "deploymentBase/101", "closed", "success", "Update Installed.")).Status);
        Assert.Equal(404, (await FeedbackAsync(hub, "deploymentBase/a1b2", "closed", "success", "Update Installed.")).Status);
        Assert.Equal(404, (await FeedbackAsync(hub, "deploymentBase/3000000000", "closed", "success", "Update Installed.")).Status);
    }

    [Fact]
    public async Task What_cannot_be_read_is_400_and_what_is_too_large_413_and_neither_reaches_the_device()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Offer = AgentFixture.Offer("pump.swu");
        var large = JsonSerializer.Serialize(new { status = new { execution = "closed", details = new[] { new string('x', DdiRoutes.MaxBodyBytes) } } });

        Assert.Equal(400, (await hub.SendAsync("POST", Base + "/deploymentBase/101/feedback", "{", ("Authorization", hub.Gateway))).Status);
        Assert.Equal(413, (await hub.SendAsync("POST", Base + "/deploymentBase/101/feedback", large, ("Authorization", hub.Gateway))).Status);
        Assert.Equal(413, (await hub.SendAsync("PUT", Base + "/configData", large, ("Authorization", hub.Gateway))).Status);
        Assert.Empty(device.Reports);
        Assert.Empty(device.Patches);
    }

    [Fact]
    public async Task What_an_agent_says_of_its_device_is_told_once()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1");
        object said = new { data = new { HWID = "rev-b", swVersion = "1.0.0", model = "P7", vendor = "Muster", serial = 5 } };

        Assert.Equal(200, (await ConfigureAsync(hub, said)).Status);
        var patch = JsonDocument.Parse(Assert.Single(device.Patches)).RootElement.GetProperty("deviceInformation");
        Assert.Equal(
            ["hwRevision=rev-b", "manufacturer=Muster", "model=P7", "swVersion=1.0.0", "updateAgent=swupdate"],
            patch.EnumerateObject().Select(fact => $"{fact.Name}={fact.Value}").Order(StringComparer.Ordinal));

        hub.Devices.Register("d1", """{"deviceInformation":{"hwRevision":"rev-b","manufacturer":"Muster","model":"P7","swVersion":"1.0.0","updateAgent":"swupdate","serial":1}}""");
        Assert.Equal(200, (await ConfigureAsync(hub, said)).Status);
        Assert.Single(device.Patches);

        Assert.Equal(200, (await ConfigureAsync(hub, new { mode = "replace", data = new { swVersion = "2.0.0", model = "P7" } })).Status);
        Assert.Equal(2, device.Patches.Count);
        var second = JsonDocument.Parse(device.Patches.Last()).RootElement.GetProperty("deviceInformation");
        Assert.Equal(
            ["hwRevision=", "manufacturer=", "swVersion=2.0.0"],
            second.EnumerateObject().Select(fact => $"{fact.Name}={fact.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Attributes_out_of_bounds_are_refused_and_change_nothing()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1");
        var many = Enumerable.Range(0, DdiAttributes.MaxCount + 1).ToDictionary(i => $"a{i}", _ => "x");

        Assert.Equal(429, (await ConfigureAsync(hub, new { data = many })).Status);
        foreach (object bad in (object[])[
            new { data = new { swVersion = new string('1', DdiAttributes.MaxLength + 1) } },
            new { data = new { swVersion = "1\n" } },
            new { data = new { swVersion = new { } } },
            new { mode = "swap", data = new { swVersion = "1" } },
            new { data = new { } },
            new { },
            "[]"])
        {
            Assert.Equal(400, (await ConfigureAsync(hub, bad)).Status);
        }

        Assert.Empty(device.Patches);
    }

    private static Task<Answer> ConfigureAsync(AgentFixture hub, object said) =>
        hub.SendAsync("PUT", Base + "/configData", said, ("Authorization", hub.Gateway), ("User-Agent", AgentFixture.SwUpdate));

    private static Task<Answer> PollAsync(AgentFixture hub, string agent = AgentFixture.SwUpdate) =>
        hub.SendAsync("GET", Base, null, ("Authorization", hub.Gateway), ("User-Agent", agent));

    private static Task<Answer> GetAsync(AgentFixture hub, string path) =>
        hub.SendAsync("GET", path.StartsWith('/') ? Base + path : path, null, ("Authorization", hub.Gateway), ("User-Agent", AgentFixture.SwUpdate));

    private static Task<Answer> FeedbackAsync(AgentFixture hub, string action, string execution, string finished, params string[] details) => hub.SendAsync(
        "POST", $"{Base}/{action}/feedback", new { id = 101, status = new { execution, result = new { finished }, details } },
        ("Authorization", hub.Gateway), ("User-Agent", AgentFixture.SwUpdate));

    private static string? Link(Answer answer, string name) => Link(answer.Json, name);

    private static string? Link(JsonElement of, string name) =>
        of.GetProperty("_links").TryGetProperty(name, out var link) ? link.GetProperty("href").GetString() : null;
}
