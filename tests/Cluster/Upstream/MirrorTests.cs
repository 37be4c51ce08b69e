using System.Buffers;
using System.Text;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Fixture;
using Muster.Json;
using Muster.Methods;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Upstream;

/// <summary>A cluster that stands on an IoT hub: what is changed on either side is the same on both.</summary>
public sealed class MirrorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_registered_and_changed_here_is_made_there()
    {
        await using var mirror = await StartAsync();
        var (upstream, device) = (mirror.Upstream!, mirror.Device("d-1"));

        var created = Assert.IsType<IdentityReply.Accepted>(await device.CreateAsync(new IdentitySpec { StatusReason = "new" }));
        var changed = Assert.IsType<TwinReply.Found>(await device.ChangeTwinAsync(new TwinChange { Desired = Json("""{"a":1}"""), Tags = Json("""{"t":2}""") }));

        Assert.NotNull(created.Identity.Authentication.PrimaryKey);
        Assert.Null(mirror.Storage.Stored("d-1")!.Identity.ProtectedKeys);
        Assert.Null((await device.GetIdentityAsync())!.Authentication.PrimaryKey);
        Assert.Equal((2, 2), (changed.Version, upstream.Stored("d-1")!.TwinVersion));
        Assert.Equal(upstream.Twin("d-1"), changed.Twin.ToString());
        Assert.Equal("new", upstream.Stored("d-1")!.Identity.StatusReason);

        Assert.IsType<IdentityReply.Accepted>(await device.DeleteAsync(null));
        Assert.Null(upstream.Stored("d-1"));
        Assert.Null(mirror.Storage.Stored("d-1"));
        var gone = await device.ChangeTwinAsync(new TwinChange { Desired = Json("{}") });
        Assert.Equal(HubErrorCode.DeviceNotFound, Assert.IsType<TwinReply.Refused>(gone).Why.Code);
    }

    [Fact]
    public async Task A_device_is_made_with_its_twin_or_not_at_all()
    {
        await using var mirror = await StartAsync();

        var refused = await mirror.Device("d-1").CreateAsync(new IdentitySpec(), new TwinChange { Desired = Json("[1]") });
        var created = await mirror.Device("d-2").CreateAsync(new IdentitySpec(), new TwinChange { Desired = Json("""{"a":1}""") });

        Assert.Equal(HubErrorCode.ArgumentInvalid, Assert.IsType<IdentityReply.Refused>(refused).Why.Code);
        Assert.Null(mirror.Upstream!.Stored("d-1"));
        Assert.IsType<IdentityReply.Accepted>(created);
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(mirror.Storage.Stored("d-2")!.Desired.Json!));
        Assert.Equal(
            HubErrorCode.DeviceAlreadyExists, Assert.IsType<IdentityReply.Refused>(await mirror.Device("d-2").CreateAsync(new IdentitySpec())).Why.Code);
    }

    [Fact]
    public async Task A_condition_holds_for_the_newest_twin_of_the_hub_or_nothing_is_changed()
    {
        await using var mirror = await StartAsync();
        var (upstream, device) = (mirror.Upstream!, mirror.Device("d-1"));
        await device.CreateAsync(new IdentitySpec());
        var first = Assert.IsType<TwinReply.Found>(await device.ChangeTwinAsync(new TwinChange { Desired = Json("""{"a":1}""") }));
        upstream.IsSilent = true;
        upstream.Change("d-1", """{"a":2}""");

        var refused = Assert.IsType<TwinReply.Refused>(await device.ChangeTwinAsync(new TwinChange { Desired = Json("""{"a":3}"""), IfMatch = first.ETag }));
        var read = Assert.IsType<TwinReply.Found>(await device.GetTwinAsync());
        var accepted = Assert.IsType<TwinReply.Found>(await device.ChangeTwinAsync(new TwinChange { Desired = Json("""{"a":3}"""), IfMatch = read.ETag }));

        Assert.Equal(HubErrorCode.PreconditionFailed, refused.Why.Code);
        Assert.Equal(upstream.Twin("d-1"), accepted.Twin.ToString());
        var identity = await device.GetIdentityAsync();
        Assert.IsType<IdentityReply.Accepted>(await device.UpdateAsync(new IdentitySpec { Status = DeviceStatus.Disabled }, identity!.ETag));
        Assert.Equal(HubErrorCode.PreconditionFailed, Assert.IsType<IdentityReply.Refused>(await device.UpdateAsync(new IdentitySpec(), identity.ETag)).Why.Code);
        Assert.Equal(HubErrorCode.PreconditionFailed, Assert.IsType<IdentityReply.Refused>(await device.DeleteAsync(identity.ETag)).Why.Code);
    }

    [Fact]
    public async Task What_devices_of_the_hub_say_and_do_is_seen_here()
    {
        await using var mirror = await StartAsync();
        var (upstream, device) = (mirror.Upstream!, mirror.Device("d-1"));
        upstream.Create("d-1");
        upstream.Connect("d-1", connects: true);
        upstream.Report("d-1", """{"firmware":{"version":"1"}}""");
        upstream.Change("d-1", """{"interval":5}""");
        upstream.Say("d-1", """{"temperature":21}""");
        upstream.Report("d-1", """{"firmware":{"version":"2"}}""");

        await SameAsync(mirror, "d-1");
        await Eventually.HoldsAsync("the telemetry is applied", async () =>
            (await device.GetTelemetryAsync())?.Fields.ToString().Contains("\"value\":21", StringComparison.Ordinal) == true);
        Assert.Equal(ConnectionState.Connected, (await device.GetIdentityAsync())!.ConnectionState);
        await HandledAsync(mirror);
        var events = mirror.Log!.All();
        Assert.All(events, stored => Assert.Single(stored.SystemProperties, property => property.Name == "iothub-enqueuedtime"));
        Assert.Equal(
            upstream.Events.All().Select(stored => $"{stored.Partition}:{stored.Offset}").Order(StringComparer.Ordinal),
            Places(mirror).Distinct().Order(StringComparer.Ordinal));

        upstream.Connect("d-1", connects: false);
        upstream.Delete("d-1");
        await Eventually.HoldsAsync("the row is gone", () => mirror.Storage.Stored("d-1") is null);
        Assert.DoesNotContain(mirror.Log.All(), stored => stored.SystemProperties.All(property => property.Name != "iothub-upstream-sequence"));
    }

    [Fact]
    public async Task Methods_and_messages_go_to_the_hub_and_devices_are_sent_there()
    {
        await using var mirror = await StartAsync();
        var (upstream, device) = (mirror.Upstream!, mirror.Device("d-1"));
        await device.CreateAsync(new IdentitySpec());

        Assert.Equal(200, Assert.IsType<MethodReply.Answered>(await device.InvokeMethodAsync(new MethodCall { Name = "reboot" })).Status);
        Assert.IsType<SendMessageReply.Queued>(await device.SendMessageAsync(new CloudMessage { MessageId = "m" }));
        Assert.Equal("m", Assert.Single(upstream.Messages).Message.MessageId);
        Assert.Equal(1, Assert.IsType<PurgeMessagesReply.Purged>(await device.PurgeMessagesAsync()).Count);

        var attach = await device.AttachAsync(new AttachRequest
        {
            Silo = mirror.Cluster.Silos[0].SiloAddress,
            ConnectionId = 1,
            IdentityETag = (await device.GetIdentityAsync())!.ETag,
            CleanSession = true,
        });
        Assert.Equal(HubErrorCode.IotHubUnauthorizedAccess, Assert.IsType<AttachReply.Refused>(attach).Why.Code);
        Assert.IsType<ReportedReply.Refused>(await device.PatchReportedAsync(Json("{}")));
        Assert.IsType<ReceiveMessageReply.Refused>(await device.ReceiveMessageAsync());
    }

    [Fact]
    public async Task What_was_missed_while_the_hub_was_silent_or_away_is_read_again()
    {
        await using var mirror = await StartAsync();
        var upstream = mirror.Upstream!;
        string[] keys = ["d-1", "d-2", "d-3", "d-4", "d-4/m"];
        foreach (var key in keys)
        {
            upstream.Create(key);
        }

        await Eventually.HoldsAsync("all rows are there", () => keys.All(key => mirror.Storage.Stored(key) is not null));
        mirror.Storage.Put("own", new DeviceState { Identity = new IdentityState { GenerationId = 1 }, TwinVersion = 7 });
        upstream.IsDown = true;
        await Assert.ThrowsAsync<UpstreamFaultException>(() => mirror.Device("d-1").ChangeTwinAsync(new TwinChange { Desired = Json("{}") }));
        upstream.IsSilent = true;
        upstream.Change("d-1", """{"missed":1}""");
        upstream.Delete("d-2");
        upstream.Create("d-5");
        upstream.Delete("d-3");
        upstream.Create("d-3");
        upstream.Events.Forget();
        upstream.IsSilent = false;
        upstream.IsDown = false;

        foreach (var key in (string[])["d-1", "d-3", "d-4", "d-4/m", "d-5"])
        {
            await SameAsync(mirror, key);
        }

        await Eventually.HoldsAsync("the row is gone", () => mirror.Storage.Stored("d-2") is null);
        await Eventually.HoldsAsync("a round is over", async () => await mirror.Cluster.Client.GetGrain<IUpstreamSyncGrain>(0).CountRoundsAsync() > 0);
        Assert.Equal(7, mirror.Storage.Stored("own")!.TwinVersion);
    }

    [Fact]
    public async Task A_change_whose_answer_was_lost_is_seen_when_it_was_made()
    {
        await using var mirror = await StartAsync();
        var (upstream, device) = (mirror.Upstream!, mirror.Device("d-1"));
        await device.CreateAsync(new IdentitySpec());
        upstream.IsSilent = true;
        upstream.LoseNextAnswer();

        await Assert.ThrowsAsync<UpstreamFaultException>(() => device.ChangeTwinAsync(new TwinChange { Desired = Json("""{"a":1}""") }));

        await SameAsync(mirror, "d-1");
        Assert.Equal(2, mirror.Storage.Stored("d-1")!.TwinVersion);
    }

    [Fact]
    public async Task All_of_the_stream_once_more_changes_no_row()
    {
        await using var mirror = await StartAsync();
        var upstream = mirror.Upstream!;
        for (var i = 0; i < 8; i++)
        {
            upstream.Create($"d-{i}");
            upstream.Connect($"d-{i}", connects: true);
            upstream.Report($"d-{i}", $$"""{"n":{{i}}}""");
            upstream.Say($"d-{i}", $$"""{"t":{{i}}}""");
            upstream.Connect($"d-{i}", connects: i % 2 == 0);
            upstream.Say($"d-{i}", $$"""{"t":{{i + 100}}}""");
        }

        for (var i = 0; i < 8; i++)
        {
            await SameAsync(mirror, $"d-{i}");
        }

        await HandledAsync(mirror);
        var before = mirror.Storage.All();
        await RewindAsync(mirror);
        await HandledAsync(mirror);

        Assert.InRange(Places(mirror).Count(), 2 * upstream.Events.All().Length, int.MaxValue);
        foreach (var (key, state) in mirror.Storage.All())
        {
            Assert.Equal(Shown(before[key]), Shown(state));
            Assert.Equal(UpstreamMark.Of(before[key])! with { TwinETag = null }, UpstreamMark.Of(state)! with { TwinETag = null });
            Assert.Equal(before[key].Telemetry, state.Telemetry);
        }
    }

    [Fact]
    public async Task Telemetry_that_a_late_silo_appends_once_more_does_not_undo_what_came_after()
    {
        await using var mirror = await StartAsync();
        var upstream = mirror.Upstream!;
        upstream.Create("d-1");
        upstream.Say("d-1", """{"n":1}""");
        upstream.Say("d-1", """{"n":2}""");
        await HandledAsync(mirror);
        var before = mirror.Storage.Stored("d-1")!;

        await new UpstreamRecords(mirror.Log!).AppendAsync(upstream.Events.All().RemoveAll(stored => stored.Source != EventSource.Telemetry || stored.Offset > 1));
        await HandledAsync(mirror);

        var (fields, state) = ((await mirror.Device("d-1").GetTelemetryAsync())!.Fields.ToString(), mirror.Storage.Stored("d-1")!);
        Assert.StartsWith("""{"n":{"value":2,""", fields, StringComparison.Ordinal);
        Assert.Equal(before.Upstream, state.Upstream);
        Assert.Equal(before.LastActivityAt, state.LastActivityAt);
    }

    [Fact]
    public async Task A_silo_that_dies_hands_its_partitions_on_and_nothing_is_lost()
    {
        await using var mirror = await StartAsync();
        var upstream = mirror.Upstream!;
        for (var i = 0; i < 12; i++)
        {
            upstream.Create($"d-{i}");
        }

        for (var round = 1; round <= 30; round++)
        {
            for (var i = 0; i < 12; i++)
            {
                upstream.Report($"d-{i}", $$"""{"n":{{round}}}""");
                upstream.Say($"d-{i}", $$"""{"n":{{round}}}""");
            }

            if (round == 10)
            {
                await mirror.Cluster.KillSiloAsync(mirror.Cluster.Silos[1], Cancel);
            }
        }

        for (var i = 0; i < 12; i++)
        {
            await SameAsync(mirror, $"d-{i}");
            var key = $"d-{i}";
            await Eventually.HoldsAsync("the last telemetry is there", () => mirror.Storage.Stored(key)!.Telemetry is { } fields
                && Encoding.UTF8.GetString(fields).Contains("""{"n":{"value":30,""", StringComparison.Ordinal));
        }

        await HandledAsync(mirror);
        Assert.Equal(upstream.Events.All().Length, Places(mirror).Distinct().Count());
    }

    [Fact]
    public async Task Feedback_and_notices_of_the_hub_come_into_the_queues_here()
    {
        await using var mirror = await StartAsync();
        var record = new ServiceRecord { Id = Guid.NewGuid(), At = TimeProvider.System.GetUtcNow(), Body = "{}"u8.ToArray() };
        mirror.ServiceQueues.FailNextAppends(1);
        mirror.Upstream!.Queues.Put(ServiceQueues.Feedback, record);
        mirror.Upstream.Queues.Put(ServiceQueues.Feedback, record);
        mirror.Upstream.Queues.Put(ServiceQueues.FileNotifications, record with { Id = Guid.NewGuid() });

        await Eventually.HoldsAsync("the queues are taken over", () =>
            mirror.Upstream.Queues.Waiting(ServiceQueues.Feedback) + mirror.Upstream.Queues.Waiting(ServiceQueues.FileNotifications) == 0);
        Assert.Equal(record.Id, Assert.Single(await mirror.ServiceQueues.ReadAsync(ServiceQueues.Feedback, 0, 10, Cancel)).Record.Id);
        Assert.Single(await mirror.ServiceQueues.ReadAsync(ServiceQueues.FileNotifications, 0, 10, Cancel));
    }

    private static async Task<ClusterFixture> StartAsync()
    {
        var fixture = new ClusterFixture
        {
            Log = new MemoryEventLog(),
            Upstream = new TestUpstream(),
            Settings = new() { ["Deadlines:ScanEvery"] = "00:00:00.2", ["Pump:MaxRetryDelay"] = "00:00:01" },
        };
        await fixture.InitializeAsync();
        return fixture;
    }

    private static Task SameAsync(ClusterFixture mirror, string key) => Eventually.HoldsAsync($"{key} is as the hub has it", () =>
        mirror.Storage.Stored(key) is { } row && Shown(row) == Shown(mirror.Upstream!.Stored(key)!)
            && ETags.Identity(row.Identity) == ETags.Identity(mirror.Upstream.Stored(key)!.Identity) && row.IsConnected == mirror.Upstream.Stored(key)!.IsConnected);

    // The twin but for its last activity, which either side hears of in its own way.
    private static string Shown(DeviceState state)
    {
        var json = new ArrayBufferWriter<byte>();
        TwinDocument.WriteService(json, DeviceKey.Parse("any"), state with { LastActivityAt = null });
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static IEnumerable<string> Places(ClusterFixture mirror) =>
        mirror.Log!.All().Select(stored => stored.SystemProperties.Single(property => property.Name == "iothub-upstream-sequence").Value!);

    private static Task HandledAsync(ClusterFixture mirror) => Eventually.HoldsAsync("all events are handled", () =>
        Enumerable.Range(0, TestUpstreamEvents.Partitions).All(p => mirror.Log!.NextOf(p, UpstreamPump.Consumer) == mirror.Upstream!.Events.NextOf(p))
        && Enumerable.Range(0, mirror.Log!.PartitionCount).All(p => mirror.Log.NextOf(p) == mirror.Log.Describe(p).NextOffset));

    private static async Task RewindAsync(ClusterFixture mirror)
    {
        for (var partition = 0; partition < TestUpstreamEvents.Partitions; partition++)
        {
            var lease = await mirror.Log!.AcquireAsync(UpstreamPump.Consumer, partition, Cancel);
            Assert.True(await mirror.Log.SaveAsync(lease, 0, Cancel));
        }

        // Receivers end, and begin where the checkpoints are.
        mirror.Upstream!.Events.Break();
    }

    private static JsonUtf8 Json(string text) => JsonUtf8.Parse(text);
}
