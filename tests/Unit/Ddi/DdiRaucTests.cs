using System.Text.Json;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Ddi;

/// <summary>An update by RAUC over the real routes and the real machine: after its success it says nothing but what runs.</summary>
public sealed class DdiRaucTests
{
    private const string Base = "/default/controller/v1/d1";
    private const string Known = """{"deviceInformation":{"model":"P7","hwRevision":"1","swVersion":"1.0.0","updateAgent":"rauc"}}""";

    private static readonly DevicePlan Plan = UpdateSpace.Plan with
    {
        Release = UpdateSpace.New with { Artifacts = [UpdateSpace.New.Artifacts[0] with { FileName = "pump.raucb" }] },
    };

    [Theory]
    [InlineData("1.0.0", UpdateStatus.RolledBack)]
    [InlineData("2.0.0", UpdateStatus.Soaking)]
    public async Task What_runs_after_the_reboot_says_whether_the_device_fell_back_or_is_updated(string version, UpdateStatus status)
    {
        await using var hub = await AgentFixture.StartAsync();
        var update = new Machine(hub.Devices.Register("d1", Known));
        Assert.Equal((UpdateStatus.Offered, UpdateAgent.Rauc), (update.Record.Status, update.Record.Agent));

        Assert.Equal(200, (await SendAsync(hub, "GET", $"/deploymentBase/{update.Record.WireId}")).Status);
        var success = new { id = update.Record.WireId, status = new { execution = "closed", result = new { finished = "success" }, details = new[] { "Software bundle installed successfully." } } };
        Assert.Equal(200, (await SendAsync(hub, "POST", $"/deploymentBase/{update.Record.WireId}/feedback", success)).Status);
        Assert.Equal(UpdateStatus.Installed, update.Record.Status);

        // Until its time to reboot begins, it says its old version because it still runs it.
        await PollAsync(hub, "1.0.0");
        Assert.Equal(UpdateStatus.Installed, update.Record.Status);
        update.Lapse();
        Assert.Equal(UpdateStatus.Rebooting, update.Record.Status);

        await PollAsync(hub, version);
        Assert.Equal(status, update.Record.Status);
    }

    [Theory]
    [InlineData(AgentFixture.Rauc, "rauc", UpdateStatus.Rebooting, 1)]
    [InlineData(AgentFixture.Rauc, "rauc", UpdateStatus.Verifying, 1)]
    [InlineData(AgentFixture.Rauc, "rauc", UpdateStatus.Installing, 0)]
    [InlineData(AgentFixture.Rauc, "rauc", UpdateStatus.Installed, 0)]
    [InlineData(AgentFixture.Rauc, "rauc", UpdateStatus.Soaking, 0)]
    [InlineData(AgentFixture.Rauc, "rauc", UpdateStatus.Succeeded, 0)]
    [InlineData(AgentFixture.Rauc, "rauc", null, 0)]
    [InlineData(AgentFixture.SwUpdate, "swupdate", UpdateStatus.Rebooting, 0)]
    public async Task What_is_not_new_is_told_only_where_a_reboot_is_waited_for_and_the_agent_says_nothing_else(string agent, string name, UpdateStatus? status, int told)
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known.Replace("rauc", name, StringComparison.Ordinal));
        device.Status = status;

        Assert.Equal(200, (await SendAsync(hub, "PUT", "/configData", new { mode = "merge", data = new { model = "P7", swVersion = "1.0.0" } }, agent)).Status);
        Assert.Equal(told, device.Patches.Count);

        // What says nothing of the version is no word of what runs.
        Assert.Equal(200, (await SendAsync(hub, "PUT", "/configData", new { mode = "merge", data = new { model = "P7" } }, agent)).Status);
        Assert.Equal(told, device.Patches.Count);
    }

    [Fact]
    public async Task What_replaces_all_that_was_said_takes_the_rest_away_also_where_the_version_is_waited_for()
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1", Known);
        device.Status = UpdateStatus.Rebooting;

        Assert.Equal(200, (await SendAsync(hub, "PUT", "/configData", new { mode = "replace", data = new { model = "P7", swVersion = "1.0.0" } })).Status);

        var said = JsonDocument.Parse(Assert.Single(device.Patches)).RootElement.GetProperty("deviceInformation");
        Assert.Equal(("1.0.0", JsonValueKind.Null), (said.GetProperty("swVersion").GetString(), said.GetProperty("hwRevision").ValueKind));
    }

    /// <summary>Asks, and says what runs if that is wanted.</summary>
    private static async Task PollAsync(AgentFixture hub, string version)
    {
        var poll = await SendAsync(hub, "GET", "");
        Assert.True(poll.Json.GetProperty("_links").TryGetProperty("configData", out _), poll.Body);
        Assert.Equal(200, (await SendAsync(hub, "PUT", "/configData", new { mode = "merge", data = new { model = "P7", hwRevision = "1", swVersion = version } })).Status);
    }

    private static Task<Answer> SendAsync(AgentFixture hub, string method, string path, object? body = null, string agent = AgentFixture.Rauc) =>
        hub.SendAsync(method, Base + path, body, ("Authorization", hub.Gateway), ("User-Agent", agent));

    /// <summary>The device's update, decided by the machine as the device does it.</summary>
    private sealed class Machine
    {
        private readonly FakeAgentDevice device;
        private DateTimeOffset now = UpdateSpace.Start;

        internal Machine(FakeAgentDevice device)
        {
            this.device = device;
            Record = UpdateMachine.Assign(null, UpdateSpace.Assignment, Context).Move!.Value.Next;
            Show();
            device.Patched = () => Move(new UpdateSignal.FactsSeen(IsVersionTold: true));
            device.Judge = report =>
            {
                var before = Record;
                return UpdateMachine.Reply(before, report, Move(new UpdateSignal.Reported(report)));
            };
        }

        internal DeviceUpdate Record { get; private set; }

        private UpdateContext Context => UpdateSpace.Context(device.Row, now, Plan);

        internal void Lapse()
        {
            now = Record.Deadline!.Value;
            Move(new UpdateSignal.DeadlinePassed());
        }

        private UpdateMove Move(UpdateSignal signal)
        {
            var move = UpdateMachine.Next(Record, signal, Context);
            Record = move.Next;
            Show();
            return move;
        }

        private void Show() => (device.Status, device.Offer) = (Record.Status, UpdateOffers.Of(Record, Context));
    }
}
