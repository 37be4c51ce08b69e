using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutRequestTests
{
    private const string Least = """{"name":"n","release":"r@1","target":{"condition":""}}""";

    [Fact]
    public void The_least_plan_has_every_default_of_the_contract()
    {
        var wanted = new RolloutSpec { Name = "n", Release = "r@1", Target = new RolloutTarget { Condition = "" } };

        Assert.Equal(Text(wanted), Text(Read(Least)));
    }

    [Fact]
    public void A_plan_is_read_as_it_was_written_field_by_field()
    {
        var json = JsonSerializer.Serialize(RolloutMessage.From(Full), RolloutJson.Default.RolloutMessage);

        Assert.Equal(Text(Full), Text(Read(json)));
        Assert.NotEqual(Text(Full), Text(Read(Least)));
    }

    [Fact]
    public void Every_field_that_is_described_is_one_that_is_read()
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(RolloutMessage.From(Full), RolloutJson.Default.RolloutMessage))!.AsObject();
        var described = RolloutJson.Default.RolloutMessage.Properties.Select(property => property.Name);

        // All but id, which PUT has in its path.
        Assert.Equal(described.Where(name => name != "id").Order(StringComparer.Ordinal), json.Select(field => field.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"halt":[]}""", "halt", "halts")]
    [InlineData("""{"halts":[{"kind":"failedPercent","limt":5,"limit":5}]}""", "halts[0].limt", "limit")]
    [InlineData("""{"target":{"condition":"","exclude":"x"}}""", "target.exclude", "excludeTag")]
    [InlineData("""{"groups":[{"name":"a"},{"name":"b","size":2}]}""", "groups[1].size", "count")]
    [InlineData("""{"rate":{"perMinut":2}}""", "rate.perMinut", "perMinute")]
    [InlineData("""{"budget":{"tag":"site","maxUnavailable":1,"x":1}}""", "budget.x", "maxUnavailable")]
    [InlineData("""{"timeouts":{"instal":"PT1M"}}""", "timeouts.instal", "install")]
    [InlineData("""{"health":{"bounds":[{"field":"f","minimum":1}]}}""", "health.bounds[0].minimum", "min")]
    [InlineData("""{"retry":{"tries":1}}""", "retry.tries", "max")]
    [InlineData("""{"windows":[{"rule":"r","duration":"PT1H","tz":"UTC"}]}""", "windows[0].tz", "timeZone")]
    [InlineData("""{"blackouts":[{"from":"2030-01-01T00:00:00Z","until":"2030-01-02T00:00:00Z","reason":"x"}]}""", "blackouts[0].reason", "why")]
    [InlineData("""{"approvals":[{"role":"a","count":2}]}""", "approvals[0].count", "required")]
    public void A_misspelt_field_is_refused_with_its_path_and_what_is_known_there(string json, string path, string known)
    {
        var error = Assert.Single(Errors(json));

        Assert.Equal(path, error.Key);
        Assert.StartsWith("is unknown; known are ", error.Value, StringComparison.Ordinal);
        Assert.Contains(known, error.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":""}""", "name", "must be a text of 1 to 128 characters")]
    [InlineData("""{"name":5}""", "name", "must be a text of 1 to 128 characters")]
    [InlineData("""{"release":null}""", "release", "must be given")]
    [InlineData("""{"target":null}""", "target", "must be given")]
    [InlineData("""{"target":[]}""", "target", "must be an object")]
    [InlineData("""{"target":{}}""", "target.condition", "must be given; \"\" is every device")]
    [InlineData("""{"target":{"condition":"","max":0}}""", "target.max", "must be a whole number from 1 to 1000000")]
    [InlineData("""{"target":{"condition":"","devices":["a",1]}}""", "target.devices[1]", "must be a text of 1 to 128 characters")]
    [InlineData("""{"target":{"condition":"","continuous":"yes"}}""", "target.continuous", "must be true or false")]
    [InlineData("""{"groups":{}}""", "groups", "must be an array of at most 100")]
    [InlineData("""{"groups":[null]}""", "groups[0]", "must be an object")]
    [InlineData("""{"groups":[{"percent":10}]}""", "groups[0].name", "must be given")]
    [InlineData("""{"groups":[{"name":"a","percent":0}]}""", "groups[0].percent", "must be above 0")]
    [InlineData("""{"groups":[{"name":"a","percent":100.5}]}""", "groups[0].percent", "must be a number from 0 to 100")]
    [InlineData("""{"groups":[{"name":"a","count":1.5}]}""", "groups[0].count", "must be a whole number from 1 to 1000000")]
    [InlineData("""{"groups":[{"name":"a","soak":"half an hour"}]}""", "groups[0].soak", "must be a duration such as PT30M, P7D or 00:30:00")]
    [InlineData("""{"groups":[{"name":"a","soak":1800}]}""", "groups[0].soak", "must be a duration such as PT30M, P7D or 00:30:00")]
    [InlineData("""{"rate":{"factor":11}}""", "rate.factor", "must be a number from 1 to 10")]
    [InlineData("""{"rate":{"perMinute":"60"}}""", "rate.perMinute", "must be a whole number from 1 to 1000000")]
    [InlineData("""{"budget":{"tag":"site"}}""", "budget.maxUnavailable", "must be given")]
    [InlineData("""{"halts":[{"kind":"failed","limit":5}]}""", "halts[0].kind", "must be one of failedPercent, failedCount, consecutive, critical, unreachablePercent")]
    [InlineData("""{"halts":[{"kind":1,"limit":5}]}""", "halts[0].kind", "must be one of failedPercent, failedCount, consecutive, critical, unreachablePercent")]
    [InlineData("""{"halts":[{"kind":"failedPercent","limit":101}]}""", "halts[0].limit", "must be a number from 0 to 100")]
    [InlineData("""{"halts":[{"kind":"critical"}]}""", "halts[0].limit", "must be given")]
    [InlineData("""{"halts":[{"kind":"critical","limit":0,"action":"stop"}]}""", "halts[0].action", "must be one of hold, abort, rollBack")]
    [InlineData("""{"timeouts":{"offer":"PT0S"}}""", "timeouts.offer", "must be from PT1S to P365D")]
    [InlineData("""{"retry":{"max":11}}""", "retry.max", "must be a whole number from 0 to 10")]
    [InlineData("""{"windows":[{"rule":"r","duration":"P8D"}]}""", "windows[0].duration", "must be from PT1M to P7D")]
    [InlineData("""{"startsAt":"2030-01-01T00:00:00"}""", "startsAt", "must be a time with its offset, such as 2030-01-31T02:00:00Z")]
    [InlineData("""{"startsAt":"2030-01-01"}""", "startsAt", "must be a time with its offset, such as 2030-01-31T02:00:00Z")]
    [InlineData("""{"endsAt":"tomorrow"}""", "endsAt", "must be a time with its offset, such as 2030-01-31T02:00:00Z")]
    [InlineData("""{"priority":-1}""", "priority", "must be a whole number from 0 to 1000")]
    [InlineData("""{"approvals":[{"role":"a","required":0}]}""", "approvals[0].required", "must be a whole number from 1 to 20")]
    [InlineData("""{"rollsBack":1}""", "rollsBack", "must be true or false")]
    [InlineData("""{"id":"Fuel Pump"}""", "id", RolloutIds.Rule)]
    [InlineData("""{"id":"pump-2-rollback"}""", "id", RolloutIds.Rule)]
    public void A_value_that_cannot_be_is_refused_with_its_path(string json, string path, string message) =>
        Assert.Equal(new KeyValuePair<string, string>(path, message), Assert.Single(Errors(json)));

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var why = RolloutRequest.Parse("""{"target":{"condition":5},"halt":[],"groups":[{"percent":"x"}],"priority":2000}"""u8).Check(default)!;

        Assert.Equal(
            ["groups[0].name", "groups[0].percent", "halt", "name", "priority", "release", "target.condition"], why.Errors!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(400, why.HttpStatus);
        Assert.EndsWith("; and 4 more, see errors.", why.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_is_given_twice_is_refused_even_if_only_its_case_differs() =>
        Assert.Equal("is given twice", Assert.Single(Errors("""{"halts":[{"kind":"critical","limit":0,"Limit":100}]}""")).Value);

    [Fact]
    public void What_is_told_is_bounded()
    {
        var json = $"{{{string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"x{i}\":1"))}}}";

        Assert.Equal(FieldErrors.Max, RolloutRequest.Parse(Encoding.UTF8.GetBytes(json)).Check(default)!.Errors!.Count);
    }

    [Fact]
    public void A_body_that_is_no_object_is_refused() => Assert.Equal("The body must be an object.", RolloutRequest.Parse("[]"u8).Check(default)!.Message);

    [Fact]
    public void A_time_is_kept_in_utc() =>
        Assert.Equal(new DateTimeOffset(2030, 1, 31, 0, 0, 0, TimeSpan.Zero), Read(Merged("""{"startsAt":"2030-01-31T02:00:00+02:00"}""")).StartsAt);

    [Theory]
    [InlineData("Fuel pump 2.0", "fuel-pump-2-0-")]
    [InlineData("  Ärger! ", "rger-")]
    [InlineData("…", "rollout-")]
    public void An_id_is_made_of_the_name_and_a_few_letters(string name, string start)
    {
        var id = RolloutIds.Make(name);

        Assert.StartsWith(start, id, StringComparison.Ordinal);
        Assert.Equal(start.Length + 5, id.Length);
        Assert.True(RolloutIds.IsNew(id), id);
        Assert.NotEqual(id, RolloutIds.Make(name));
        Assert.True(RolloutIds.IsNew(RolloutIds.Make(new string('x', 128))));
    }

    private static RolloutSpec Full { get; } = new()
    {
        Name = "Fuel pump",
        Release = "fuel-pump-fw@2.0.0",
        Target = new() { Condition = "tags.a = 1", Continuous = true, Max = 7, ExcludeTag = "keep", Devices = ["d1", "d2"] },
        Groups =
        [
            new() { Name = "a", Percent = 2.5, SuccessPercent = 99.5, MinSucceeded = 3, Soak = TimeSpan.FromMinutes(90), PausesAfter = true },
            new() { Name = "b", Count = 4 },
            new() { Name = "c", Condition = "tags.b = 2" },
        ],
        Rate = new() { PerMinute = 5, Factor = 1.5, Every = 6, MaxPerMinute = 50 },
        MaxInFlight = 9,
        Budget = new() { Tag = "place.plant", MaxUnavailable = 2 },
        Halts = [new() { Kind = HaltKind.Consecutive, Limit = 3, MinSample = 4, Action = HaltAction.RollBack }],
        Timeouts = new()
        {
            Gate = TimeSpan.FromMinutes(1),
            Offer = TimeSpan.FromMinutes(2),
            Start = TimeSpan.FromMinutes(3),
            Download = TimeSpan.FromMinutes(4),
            BytesPerSecond = 5,
            Install = TimeSpan.FromMinutes(6),
            BeforeReboot = TimeSpan.FromMinutes(7),
            Reboot = TimeSpan.FromMinutes(8),
            Verify = TimeSpan.FromMinutes(9),
            Cancel = TimeSpan.FromMinutes(10),
            RollBack = TimeSpan.FromMinutes(11),
        },
        Health = new()
        {
            Soak = TimeSpan.FromHours(1),
            Heartbeat = TimeSpan.FromSeconds(90),
            MaxRestarts = 2,
            Bounds = [new() { Field = "p", Min = -1.5, Max = 4 }],
            Tolerance = 5,
        },
        Retry = new() { Max = 2, Backoff = TimeSpan.FromMinutes(5), Reasons = ["DownloadTimeout"] },
        Windows = [new() { Rule = "FREQ=DAILY", Duration = TimeSpan.FromHours(2), TimeZone = "Europe/Berlin", TimeZoneTag = "tz" }],
        Blackouts = [new() { From = DateTimeOffset.UnixEpoch, Until = DateTimeOffset.UnixEpoch.AddDays(1), Why = "feast" }],
        InstallTime = TimeSpan.FromMinutes(23),
        StartsAt = DateTimeOffset.UnixEpoch.AddDays(2),
        EndsAt = DateTimeOffset.UnixEpoch.AddDays(3),
        Priority = 600,
        Approvals = [new() { Role = "safety", Required = 2, ExpiresAfter = TimeSpan.FromDays(1) }],
        RollsBack = false,
    };

    private static RolloutSpec Read(string json)
    {
        var request = RolloutRequest.Parse(Encoding.UTF8.GetBytes(json));
        Assert.Null(request.Check(default));
        return request.Spec;
    }

    private static ImmutableDictionary<string, string> Errors(string json) => RolloutRequest.Parse(Encoding.UTF8.GetBytes(Merged(json))).Check(default)!.Errors!;

    /// <summary>What is wrong, in a plan that is right otherwise.</summary>
    private static string Merged(string json)
    {
        var least = JsonNode.Parse(Least)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(json)!.AsObject())
        {
            least[name] = value?.DeepClone();
        }

        return least.ToJsonString();
    }

    /// <summary>All that is in it, since records with arrays are equal only if the arrays are the same.</summary>
    private static string Text(RolloutSpec spec) => JsonSerializer.Serialize(spec);
}
