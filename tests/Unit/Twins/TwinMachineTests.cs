using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Xunit;

namespace Muster.Twins;

public sealed class TwinMachineTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DeviceState Fresh = new() { Identity = new IdentityState { GenerationId = 639080000000000000 }, TwinVersion = 1 };

    [Fact]
    public void A_report_raises_its_own_version_and_the_twins_only()
    {
        var next = Report(Fresh, """{"a":{"b":1},"c":2}""");
        Assert.Equal((2, 1, 2), (next.Reported.Version, next.Desired.Version, next.TwinVersion));
        Assert.Equal(Start, next.LastActivityAt);
    }

    [Fact]
    public void Only_what_was_touched_is_new_and_its_parents_with_it()
    {
        var first = Change(Fresh, """{"a":{"b":1,"c":{"d":2}},"e":[1],"f":3}""", Start);
        var second = Change(first, """{"a":{"c":{"d":null,"x":1}},"f":3}""", Start.AddSeconds(5));
        var third = Change(second, """{"g":{"h":1}}""", Start.AddDays(400));
        Assert.Equal(
            """
            {"$lastUpdated":"2027-04-05T12:00:00.0000000Z","$lastUpdatedVersion":4,
            "a":{"$lastUpdated":"2026-03-01T12:00:05.0000000Z","$lastUpdatedVersion":3,
            "b":{"$lastUpdated":"2026-03-01T12:00:00.0000000Z","$lastUpdatedVersion":2},
            "c":{"$lastUpdated":"2026-03-01T12:00:05.0000000Z","$lastUpdatedVersion":3,
            "x":{"$lastUpdated":"2026-03-01T12:00:05.0000000Z","$lastUpdatedVersion":3}}},
            "e":{"$lastUpdated":"2026-03-01T12:00:00.0000000Z","$lastUpdatedVersion":2},
            "f":{"$lastUpdated":"2026-03-01T12:00:05.0000000Z","$lastUpdatedVersion":3},
            "g":{"$lastUpdated":"2027-04-05T12:00:00.0000000Z","$lastUpdatedVersion":4,
            "h":{"$lastUpdated":"2027-04-05T12:00:00.0000000Z","$lastUpdatedVersion":4}}}
            """.Replace("\n", "", StringComparison.Ordinal),
            ServiceTwin(third).GetProperty("properties").GetProperty("desired").GetProperty("$metadata").GetRawText());
    }

    [Fact]
    public void Metadata_has_an_entry_for_each_property_whatever_was_merged()
    {
        var value = Gen.Int[0, 9].Select(i => i.ToString(CultureInfo.InvariantCulture));
        Gen<string> Object(int depth) => Gen.Select(Gen.Int[0, 5], depth == 0 ? value : Gen.Frequency((2, value), (1, Gen.Const("null")), (2, Object(depth - 1))))
            .Array[0, 5].Select(members => "{" + string.Join(',', members.DistinctBy(m => m.Item1).Select(m => $"\"k{m.Item1}\":{m.Item2}")) + "}");

        Object(3).Array[1, 8].Sample(patches =>
        {
            var state = Fresh;
            foreach (var patch in patches)
            {
                state = Change(state, patch, Start.AddSeconds(state.TwinVersion));
            }

            var desired = ServiceTwin(state).GetProperty("properties").GetProperty("desired");
            AssertMirrors(desired, desired.GetProperty("$metadata"));
        });
    }

    [Fact]
    public void Tags_alone_leave_both_section_versions_and_tell_the_device_nothing()
    {
        var moved = Assert.IsType<TwinMove.Moved>(TwinMachine.Change(Fresh, new TwinChange { Tags = JsonUtf8.Parse("""{"site":"x"}""") }, Start));
        Assert.Null(moved.Desired);
        Assert.Equal((2, 1, 1), (moved.Next.TwinVersion, moved.Next.Desired.Version, moved.Next.Reported.Version));
    }

    [Fact]
    public void The_device_is_told_the_patch_with_its_nulls_and_of_a_replacement_the_whole()
    {
        var first = Assert.IsType<TwinMove.Moved>(TwinMachine.Change(Fresh, new TwinChange { Desired = JsonUtf8.Parse("""{"a":1,"b":null}""") }, Start));
        Assert.Equal("""{"a":1,"b":null,"$version":2}""", first.Desired!.Patch.ToString());
        var whole = new TwinChange { Desired = JsonUtf8.Parse("""{"c":1,"d":null}"""), Replace = true };
        var second = Assert.IsType<TwinMove.Moved>(TwinMachine.Change(first.Next, whole, Start));
        Assert.Equal("""{"c":1,"$version":3}""", second.Desired!.Patch.ToString());
        var cleared = Assert.IsType<TwinMove.Moved>(TwinMachine.Change(second.Next, new TwinChange { Desired = JsonUtf8.Null }, Start));
        Assert.Equal("""{"$version":4}""", cleared.Desired!.Patch.ToString());
        Assert.Null(cleared.Next.Desired.Json);
    }

    [Fact]
    public void A_replacement_empties_the_section_that_it_does_not_name()
    {
        var state = Fresh with { Tags = """{"t":1}"""u8.ToArray() };
        var moved = Assert.IsType<TwinMove.Moved>(TwinMachine.Change(state, new TwinChange { Desired = JsonUtf8.Parse("""{"a":1}"""), Replace = true }, Start));
        Assert.Null(moved.Next.Tags);
    }

    [Theory]
    [InlineData("AAAAAAAAAAE=", true)]
    [InlineData("\"AAAAAAAAAAE=\"", true)]
    [InlineData("W/\"AAAAAAAAAAE=\"", true)]
    [InlineData("*", true)]
    [InlineData("\"*\"", true)]
    [InlineData(null, true)]
    [InlineData("AAAAAAAAAAI=", false)]
    [InlineData("", false)]
    public void A_condition_holds_in_every_form_that_SDKs_send(string? ifMatch, bool holds) =>
        Assert.Equal(holds, TwinMachine.Change(Fresh, new TwinChange { Tags = JsonUtf8.EmptyObject, IfMatch = ifMatch }, Start) is TwinMove.Moved);

    [Fact]
    public void What_would_grow_beyond_its_limit_changes_nothing()
    {
        var state = Fresh;
        for (var i = 0; i < 8; i++)
        {
            state = Report(state, $$"""{"k{{i}}":"{{new string('x', 4000)}}"}""");
        }

        var refused = Assert.IsType<TwinMove.Refused>(TwinMachine.Report(state, JsonUtf8.Parse($$"""{"k":"{{new string('x', 4000)}}"}"""), null, Start));
        Assert.Equal(HubErrorCode.ArgumentInvalid, refused.Why.Code);
        Assert.IsType<TwinMove.Moved>(TwinMachine.Report(state, JsonUtf8.Parse($$"""{"k":"{{new string('x', 4000)}}","k0":null}"""), null, Start));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void What_counts_for_nothing_cannot_make_a_section_grow_without_end(string nothing)
    {
        var array = string.Join(',', Enumerable.Repeat(nothing, 24_000));
        var state = Report(Fresh, $$"""{"k0":[{{array}}]}""");
        var refused = Assert.IsType<TwinMove.Refused>(TwinMachine.Report(state, JsonUtf8.Parse($$"""{"k1":[{{array}}],"k2":1}"""), null, Start));
        Assert.Equal(HubErrorCode.ArgumentInvalid, refused.Why.Code);
    }

    [Fact]
    public void A_report_on_another_version_is_refused()
    {
        var refused = Assert.IsType<TwinMove.Refused>(TwinMachine.Report(Fresh, JsonUtf8.EmptyObject, 7, Start));
        Assert.Equal(HubErrorCode.PreconditionFailed, refused.Why.Code);
        Assert.IsType<TwinMove.Moved>(TwinMachine.Report(Fresh, JsonUtf8.EmptyObject, 1, Start));
    }

    [Fact]
    public void A_clock_that_went_back_makes_nothing_newer_than_its_section()
    {
        var state = Change(Change(Fresh, """{"a":1}""", Start), """{"b":1}""", Start.AddHours(-1));
        Assert.Equal(Start, state.Desired.UpdatedAt);
    }

    [Fact]
    public void The_services_document_has_IoT_Hubs_members()
    {
        var twin = ServiceTwin(Report(Fresh, """{"a":1}"""));
        Assert.Equal(
            ["deviceId", "etag", "deviceEtag", "status", "statusReason", "statusUpdateTime", "connectionState", "lastActivityTime",
                "cloudToDeviceMessageCount", "authenticationType", "x509Thumbprint", "modelId", "version", "tags", "properties", "capabilities"],
            twin.EnumerateObject().Select(member => member.Name));
        Assert.Equal("AAAAAAAAAAI=", twin.GetProperty("etag").GetString());
        Assert.Equal("0001-01-01T00:00:00", twin.GetProperty("statusUpdateTime").GetString());
    }

    private static void AssertMirrors(JsonElement section, JsonElement metadata)
    {
        var names = section.EnumerateObject().Select(m => m.Name).Where(name => name[0] != '$');
        Assert.Equal(names, metadata.EnumerateObject().Select(m => m.Name).Where(name => name[0] != '$'));
        Assert.True(metadata.GetProperty("$lastUpdatedVersion").GetInt64() > 0);
        foreach (var member in section.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Object && m.Name[0] != '$'))
        {
            AssertMirrors(member.Value, metadata.GetProperty(member.Name));
        }
    }

    private static DeviceState Report(DeviceState state, string patch) =>
        Assert.IsType<TwinMove.Moved>(TwinMachine.Report(state, JsonUtf8.Parse(patch), null, Start)).Next;

    private static DeviceState Change(DeviceState state, string desired, DateTimeOffset now) =>
        Assert.IsType<TwinMove.Moved>(TwinMachine.Change(state, new TwinChange { Desired = JsonUtf8.Parse(desired) }, now)).Next;

    private static JsonElement ServiceTwin(DeviceState state)
    {
        var json = new ArrayBufferWriter<byte>();
        TwinDocument.WriteService(json, DeviceKey.Parse("d1"), state);
        return JsonDocument.Parse(Encoding.UTF8.GetString(json.WrittenSpan)).RootElement;
    }
}
