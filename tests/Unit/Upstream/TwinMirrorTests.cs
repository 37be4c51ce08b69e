using System.Buffers;
using System.Text;
using CsCheck;
using Muster.Devices;
using Muster.Events;
using Muster.Json;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Upstream;

/// <summary>The laws of a row that follows a twin: behind the events it is what a whole read shows, and where it cannot be, it says so.</summary>
public sealed class TwinMirrorTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DeviceKey Key = DeviceKey.Parse("d-1");
    private static readonly DeviceState Fresh = new() { Identity = new IdentityState { GenerationId = 639080000000000000, Version = 1 }, TwinVersion = 1 };

    /// <summary>Patches that say all that they do.</summary>
    private static readonly Gen<string> Plain = Gen.OneOf(
        Gen.Select(Gen.Char["abcd"], Gen.Int[0, 9], (name, value) => $$"""{"{{name}}":{{value}}}"""),
        Gen.Char["abcd"].Select(name => $$"""{"{{name}}":null}"""),
        Gen.Select(Gen.Char["abcd"], Gen.Char["xyz"], Gen.Int[0, 9], (name, inner, value) =>
            $$$"""{"{{{name}}}":{"{{{inner}}}":{{{value}}},"w":[1,{"v":null}]}}"""),
        Gen.Select(Gen.Char["abcd"], Gen.Char["xyz"], (name, inner) => $$$"""{"{{{name}}}":{"{{{inner}}}":null}}"""));

    private static readonly Gen<string> Section = Gen.OneOf(Plain, Plain, Gen.Const("{}"), Gen.Const("null"));

    private static readonly Gen<(string? Tags, string? Desired, string? Reported, bool Replace, int Seconds)> Step = Gen.Select(
        Section.Null(), Section.Null(), Section.Where(text => text != "null").Null(), Gen.Bool, Gen.Int[0, 100],
        (tags, desired, reported, replace, seconds) => (tags, desired, reported, replace, seconds));

    [Fact]
    public void All_events_in_order_come_to_what_a_whole_read_shows_or_ask_for_one() => Step.Array[1, 12].Sample(steps =>
    {
        var (states, events) = Run(steps);
        var row = Mirror(Fresh);
        for (var i = 0; i < events.Count; i++)
        {
            // Where the events do not tell, the row is read again.
            row = TwinMirror.Apply(row, [events[i]]) ?? Mirror(states[i + 1], row);
            Assert.Equal(Shown(states[i + 1]), Shown(row));
        }
    });

    [Fact]
    public void Plain_patches_need_no_second_read() => Gen.Select(Plain, Gen.Bool, Gen.Int[0, 100]).Array[1, 12].Sample(patches =>
    {
        var (states, events) = Run([.. patches.Select(patch => patch.Item2
            ? ((string?)null, (string?)patch.Item1, (string?)null, false, patch.Item3)
            : ((string?)null, (string?)null, (string?)patch.Item1, false, patch.Item3))]);
        var row = TwinMirror.Apply(Mirror(Fresh), [.. events]);
        Assert.NotNull(row);
        Assert.Equal(Shown(states[^1]), Shown(row));
    });

    [Fact]
    public void What_is_known_changes_nothing_however_often_it_is_told() => Step.Array[1, 12].Sample(steps =>
    {
        var (states, events) = Run(steps);
        var row = Mirror(states[^1]);
        Assert.Equal(Shown(row), Shown(TwinMirror.Apply(row, [.. events])!));
        var told = TwinMirror.Apply(row, [.. events])!;
        Assert.Same(told, TwinMirror.Apply(told, [.. events]));
        Assert.Same(told, Mirror(states[^1], told));
    });

    [Fact]
    public void Events_that_are_missing_or_out_of_order_never_make_a_wrong_twin() => Gen.Select(Step.Array[1, 8], Gen.Int[0, 7].Array[1, 12]).Sample((steps, order) =>
    {
        var (states, events) = Run(steps);
        var row = Mirror(Fresh);
        foreach (var i in order.Where(i => i < events.Count))
        {
            // Told in this order, whatever its place at the hub was.
            row = TwinMirror.Apply(row, [events[i] with { Sequence = long.MaxValue }]) is { } next ? next with { Upstream = row.Upstream } : row;
            Assert.Contains(states.Select(Shown), shown => shown == Shown(row));
        }
    });

    [Fact]
    public void An_event_of_an_earlier_identity_says_nothing_and_one_of_a_later_asks_for_a_read()
    {
        var row = Mirror(Fresh);
        var connected = Change(EventSource.DeviceConnectionState, "deviceConnected") with { Sequence = 5 };

        Assert.Same(row, TwinMirror.Apply(row, [connected with { GenerationId = Fresh.Identity.GenerationId - 1 }]));
        Assert.Null(TwinMirror.Apply(row, [connected with { GenerationId = Fresh.Identity.GenerationId + 1 }]));
        Assert.Null(TwinMirror.Apply(row, [Change(EventSource.DeviceLifecycle, "deleteDeviceIdentity") with { Sequence = 6 }]));
        Assert.False(TwinMirror.Apply(row, [Change(EventSource.DeviceLifecycle, "createDeviceIdentity") with { Sequence = 6 }])!.IsConnected);
        Assert.True(TwinMirror.Apply(row, [connected])!.IsConnected);
        Assert.False(TwinMirror.Apply(row, [connected, Change(EventSource.DeviceConnectionState, "deviceDisconnected") with { Sequence = 6 }])!.IsConnected);
    }

    [Fact]
    public void A_row_of_this_clusters_own_is_read_before_it_follows() => Assert.Null(TwinMirror.Apply(Fresh, [Change(EventSource.TwinChange, "updateTwin")]));

    [Fact]
    public void What_a_row_remembers_of_the_hub_is_what_was_packed()
    {
        var mark = new UpstreamMark
        {
            TwinETag = "AAAAAAAAAAE=",
            IdentityETag = "Nzg5",
            AppliedSequence = 12,
            ObservedSequence = long.MaxValue,
            IsConnected = true,
            ConnectionChangedAt = Start,
        };
        Assert.Equal(mark, UpstreamMark.Unpack(mark.Pack()));
        Assert.Equal(UpstreamMark.None, UpstreamMark.Unpack(UpstreamMark.None.Pack()));
        Assert.True(UpstreamMark.SaysConnected(mark.Pack()));
        Assert.False(UpstreamMark.SaysConnected(UpstreamMark.None.Pack()));
        Assert.False(UpstreamMark.SaysConnected(null));
    }

    [Theory]
    [InlineData("""{"deviceId":"d"}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"deviceId":"d","version":"x"}""")]
    [InlineData("nothing")]
    [InlineData("""{"deviceId":"d","version":1,"properties":{"desired":[1]}}""")]
    public void What_is_no_twin_is_refused_as_such(string json) => Assert.Throws<InvalidDataException>(() => UpstreamTwin.Read(JsonUtf8.Parse(json)));

    private static (List<DeviceState> States, List<UpstreamChange> Events) Run((string? Tags, string? Desired, string? Reported, bool Replace, int Seconds)[] steps)
    {
        var (states, events, now) = (new List<DeviceState> { Fresh }, new List<UpstreamChange>(), Start);
        foreach (var (tags, desired, reported, replace, seconds) in steps)
        {
            now += TimeSpan.FromSeconds(seconds);
            var move = reported is not null && desired is null && tags is null
                ? TwinMachine.Report(states[^1], JsonUtf8.Parse(reported), null, now)
                : TwinMachine.Change(states[^1], new TwinChange { Tags = Json(tags), Desired = Json(desired), Replace = replace }, now);
            var moved = Assert.IsType<TwinMove.Moved>(move);
            var isReplace = replace && (reported is null || desired is not null || tags is not null);
            states.Add(moved.Next);
            events.Add(Event(new DeviceEvent.TwinChanged(Key, moved, isReplace, now), events.Count));
        }

        return (states, events);
    }

    private static UpstreamChange Event(DeviceEvent news, long sequence)
    {
        var body = new ArrayBufferWriter<byte>();
        DeviceEventText.WriteBody(body, news);
        return Change(news.Source, news.Operation) with { Sequence = sequence, At = news.At, Body = new JsonUtf8(body.WrittenSpan.ToArray()) };
    }

    private static UpstreamChange Change(EventSource source, string operation) => new()
    {
        Sequence = 0,
        Source = source,
        Operation = operation,
        At = Start,
        GenerationId = Fresh.Identity.GenerationId,
        Body = JsonUtf8.EmptyObject,
    };

    private static DeviceState Mirror(DeviceState state, DeviceState? row = null)
    {
        var identity = row is null ? new UpstreamIdentity(state.Identity with { Version = 0 }, ETags.Identity(state.Identity), null, null, null) : null;
        return TwinMirror.Apply(row, UpstreamTwin.Read(new JsonUtf8(Text(state))), identity);
    }

    private static string Shown(DeviceState state) => Encoding.UTF8.GetString(Text(state with { LastActivityAt = null, Upstream = null }));

    private static byte[] Text(DeviceState state)
    {
        var json = new ArrayBufferWriter<byte>();
        TwinDocument.WriteService(json, Key, state);
        return json.WrittenSpan.ToArray();
    }

    private static JsonUtf8? Json(string? text) => text is null ? null : JsonUtf8.Parse(text);
}
