using System.Text.Json;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Query;
using Xunit;

namespace Muster.Query;

/// <summary>What the language means, by example, on every engine.</summary>
public abstract class TwinQueryExamples : IAsyncLifetime
{
    private QueryFleet fleet = null!;

    public async ValueTask InitializeAsync() => fleet = await NewAsync(new FleetQueryOptions());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return fleet.DisposeAsync();
    }

    /// <summary>A fleet without a row.</summary>
    protected abstract Task<QueryFleet> NewAsync(FleetQueryOptions options);

    [Fact]
    public async Task Whole_twins_are_twins_and_projections_are_raw()
    {
        await fleet.AddAsync("d1", """{"site":"a"}""");

        var twins = await fleet.PageAsync("SELECT * FROM devices");
        var raw = await fleet.PageAsync("SELECT deviceId FROM devices");

        Assert.Equal((QueryItemType.Twin, QueryItemType.Raw), (twins.ItemType, raw.ItemType));
        var twin = Assert.Single(JsonDocument.Parse(twins.Items.Memory).RootElement.EnumerateArray());
        Assert.Equal("a", twin.GetProperty("tags").GetProperty("site").GetString());
        Assert.Equal(1, twin.GetProperty("properties").GetProperty("desired").GetProperty("$version").GetInt32());
    }

    [Fact]
    public async Task A_projection_has_the_last_name_or_the_alias_and_leaves_out_what_is_missing()
    {
        await fleet.AddAsync("d1", """{"site":{"floor":3,"list":[1,{"x":null}]},"nothing":null}""", """{"fw":"1.0"}""");
        await fleet.AddAsync("d2");

        Assert.Equal(
            """[{"deviceId":"d1","floor":3,"list":[1,{"x":null}],"nothing":null,"v":1,"firm\"ware":"1.0","iotEdge":false},{"deviceId":"d2","v":1,"iotEdge":false}]""",
            await fleet.AskAsync(
                "SELECT DEVICEID, tags.site.floor, tags.site.list, tags.nothing, properties.desired.$version AS v, properties.reported.fw AS [[firm\"ware]], capabilities.iotEdge FROM devices"));
    }

    [Fact]
    public async Task Modules_and_devices_are_asked_apart()
    {
        await fleet.AddAsync("d1");
        await fleet.AddAsync("d1/m1", """{"a":1}""");
        await fleet.AddAsync("d2");
        await fleet.AddAsync("d2/m1");

        Assert.Equal("""[{"deviceId":"d1"},{"deviceId":"d2"}]""", await fleet.AskAsync("SELECT deviceId, moduleId FROM devices"));
        Assert.Equal("""[{"deviceId":"d1","moduleId":"m1"},{"deviceId":"d2","moduleId":"m1"}]""", await fleet.AskAsync("SELECT deviceId, moduleId FROM devices.modules"));
        Assert.Equal("""[{"deviceId":"d1"}]""", await fleet.AskAsync("SELECT deviceId FROM devices.modules WHERE tags.a = 1 AND moduleId = 'm1'"));
        Assert.Equal("d2", await fleet.IdsAsync("deviceId IN ['d2', 'd3']", "devices.modules"));
        Assert.Equal("""[{"$1":2}]""", await fleet.AskAsync("SELECT COUNT() FROM devices"));
    }

    [Fact]
    public async Task There_are_no_jobs_yet()
    {
        var page = await fleet.PageAsync("SELECT * FROM devices.jobs WHERE jobType = 'scheduleUpdateTwin'");

        Assert.Equal((QueryItemType.DeviceJob, "[]", null), (page.ItemType, page.Items.ToString(), page.Continuation));
    }

    [Fact]
    public async Task Types_are_told_apart()
    {
        await fleet.AddAsync("number", """{"v":1}""");
        await fleet.AddAsync("real", """{"v":1.0}""");
        await fleet.AddAsync("text", """{"v":"1"}""");
        await fleet.AddAsync("bool", """{"v":true}""");
        await fleet.AddAsync("null", """{"v":null}""");
        await fleet.AddAsync("list", """{"v":[1]}""");
        await fleet.AddAsync("none");

        Assert.Equal("number real", await fleet.IdsAsync("tags.v = 1"));
        Assert.Equal("text", await fleet.IdsAsync("tags.v = '1'"));
        Assert.Equal("bool", await fleet.IdsAsync("tags.v = true"));
        Assert.Equal("null", await fleet.IdsAsync("tags.v = null"));
        Assert.Equal("", await fleet.IdsAsync("tags.v = [1]"));
        Assert.Equal("", await fleet.IdsAsync("tags.v = undefined OR tags.v != undefined"));
        Assert.Equal("number real", await fleet.IdsAsync("tags.v != 2"));
        Assert.Equal("number real", await fleet.IdsAsync("NOT tags.v = 2"));
        Assert.Equal("number real", await fleet.IdsAsync("tags.v NIN [2]"));
        Assert.Equal("none", await fleet.IdsAsync("NOT is_defined(tags.v)"));
        Assert.Equal("bool", await fleet.IdsAsync("tags.v"));
    }

    [Fact]
    public async Task Times_compare_with_iso_text()
    {
        await fleet.AddAsync("never");
        await fleet.AddAsync("then", new DeviceState { TwinVersion = 1, LastActivityAt = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero) });

        Assert.Equal("then", await fleet.IdsAsync("lastActivityTime > '2026-01-31'"));
        Assert.Equal("then", await fleet.IdsAsync("lastActivityTime = '2026-01-31T13:00:00+01:00'"));
        Assert.Equal("never", await fleet.IdsAsync("'2026-01-31T12:00:00Z' > lastActivityTime"));
        Assert.Equal("never", await fleet.IdsAsync("lastActivityTime = '0001-01-01T00:00:00'"));
        Assert.Equal("then", await fleet.IdsAsync("STARTSWITH(lastActivityTime, '2026-01-31T12:00:00.0000000Z')"));
    }

    [Fact]
    public async Task Queued_messages_are_counted()
    {
        await fleet.AddAsync("none");
        await fleet.AddAsync("three", new DeviceState { TwinVersion = 1, Messages = [1, 3, 0, 255] });
        await fleet.AddAsync("fifty", new DeviceState { TwinVersion = 1, Messages = [1, 50, 7] });

        Assert.Equal("none", await fleet.IdsAsync("cloudToDeviceMessageCount = 0"));
        Assert.Equal("three", await fleet.IdsAsync("cloudToDeviceMessageCount = 3"));
        Assert.Equal("three fifty", await fleet.IdsAsync("cloudToDeviceMessageCount > 0"));
    }

    [Fact]
    public async Task Etags_are_found_and_cannot_be_ordered()
    {
        await fleet.AddAsync("d1", new DeviceState { TwinVersion = 1, Identity = new IdentityState { GenerationId = 41, Version = 1 } });
        await fleet.AddAsync("d2", new DeviceState { TwinVersion = 2, Identity = new IdentityState { GenerationId = 50, Version = 1 } });

        Assert.Equal("d1", await fleet.IdsAsync("etag = 'AAAAAAAAAAE='"));
        Assert.Equal("d2", await fleet.IdsAsync("'AAAAAAAAAAE=' != etag"));
        Assert.Equal("d1 d2", await fleet.IdsAsync("etag != 'nonsense' AND is_string(etag) AND etag NIN ['x']"));
        Assert.Equal("d1", await fleet.IdsAsync("deviceEtag = 'NDI=' OR deviceEtag IN ['NDM=']"));
        Assert.Equal("d2", await fleet.IdsAsync("version > 1"));
        await Assert.ThrowsAsync<QueryException>(() => fleet.IdsAsync("etag < 'x'"));
        await Assert.ThrowsAsync<QueryException>(() => fleet.IdsAsync("etag = tags.a"));
        await Assert.ThrowsAsync<QueryException>(() => fleet.AskAsync("SELECT etag FROM devices GROUP BY etag"));
    }

    [Fact]
    public async Task Metadata_below_the_section_is_refused_in_a_condition_and_shown_in_a_projection()
    {
        await fleet.AddAsync("d1");

        await Assert.ThrowsAsync<QueryException>(() => fleet.IdsAsync("properties.reported.$metadata.a.$lastUpdated > '2026-01-01'"));
        Assert.Contains("$lastUpdated", await fleet.AskAsync("SELECT properties.reported.$metadata FROM devices"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aggregates_without_a_group_give_one_row()
    {
        Assert.Equal("""[{"n":0}]""", await fleet.AskAsync("SELECT COUNT() AS n, AVG(tags.v) AS mean FROM devices"));

        await fleet.AddAsync("d1", """{"v":1}""");
        await fleet.AddAsync("d2", """{"v":2}""");
        await fleet.AddAsync("d3", """{"v":"x"}""");
        Assert.Equal(
            """[{"n":3,"mean":1.5,"total":3,"low":1,"high":2}]""",
            await fleet.AskAsync("SELECT COUNT() AS n, AVG(tags.v) AS mean, SUM(tags.v) AS total, MIN(tags.v) AS low, MAX(tags.v) AS high FROM devices"));
    }

    [Fact]
    public async Task A_missing_a_null_and_an_empty_value_are_groups_of_their_own()
    {
        await fleet.AddAsync("d1");
        await fleet.AddAsync("d2", """{"v":null}""");
        await fleet.AddAsync("d3", """{"v":""}""");
        await fleet.AddAsync("d4", """{"v":0}""");
        await fleet.AddAsync("d5", """{"v":0.0}""");
        await fleet.AddAsync("d6", """{"v":{"x":1}}""");

        Assert.Equal(
            """[{"n":1},{"v":null,"n":1},{"v":0,"n":2},{"v":"","n":1},{"v":{"x":1},"n":1}]""",
            await fleet.AskAsync("SELECT tags.v, COUNT() AS n FROM devices GROUP BY tags.v"));
    }

    [Theory]
    [InlineData("SELECT * FROM devices")]
    [InlineData("SELECT deviceId FROM devices WHERE tags.a = 'x'")]
    [InlineData("SELECT deviceId FROM devices WHERE tags.a IN ['x', 'y', 1]")]
    public async Task Rows_that_come_between_pages_make_none_skip_or_repeat(string query)
    {
        for (var i = 0; i < 50; i++)
        {
            await fleet.AddAsync($"old{i}", """{"a":"x"}""");
        }

        var before = await fleet.AllAsync(query);
        var added = 0;
        var paged = await fleet.AllAsync(query, size: 7, async () =>
        {
            if (added < 20)
            {
                await fleet.AddAsync($"a-new{added++}", """{"a":"x"}""");
            }
        });

        Assert.Equal(before, paged.Take(50));
        Assert.Equal(paged.Count, paged.Distinct().Count());
    }

    [Fact]
    public async Task A_page_ends_early_when_its_items_are_large()
    {
        await using var small = await NewAsync(new FleetQueryOptions { MaxPageBytes = 1000 });
        var large = new string('x', 600);
        for (var i = 0; i < 5; i++)
        {
            await small.AddAsync($"d{i}", $$"""{"a":"{{large}}"}""");
        }

        Assert.Equal(2, QueryFleet.Items(await small.PageAsync("SELECT deviceId, tags.a FROM devices")).Count);
        Assert.Equal(5, (await small.AllAsync("SELECT deviceId, tags.a FROM devices")).Count);
    }

    [Fact]
    public async Task The_most_items_count_over_all_pages()
    {
        for (var i = 0; i < 10; i++)
        {
            await fleet.AddAsync($"d{i}");
        }

        var first = await fleet.PageAsync("SELECT TOP 4 deviceId FROM devices", 4);
        Assert.Null(first.Continuation);
        Assert.Equal(4, QueryFleet.Items(first).Count);
        Assert.Equal(5, (await fleet.AllAsync("SELECT TOP 5 deviceId FROM devices", 2)).Count);
    }

    [Fact]
    public async Task A_continuation_belongs_to_its_query()
    {
        await fleet.AddAsync("d1");
        await fleet.AddAsync("d2");
        var token = (await fleet.PageAsync("SELECT * FROM devices", 1)).Continuation!;

        Assert.Contains("d2", (await fleet.PageAsync("SELECT * FROM devices", 1, token)).Items.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<QueryException>(() => fleet.PageAsync("SELECT  * FROM devices", 1, token));
        foreach (var forged in (string[])["", "x", token[1..], token + "A", "B" + token[1..], token[..^2] + (token[^2] == 'A' ? "BA" : "AA"), new string('A', 100_000)])
        {
            await Assert.ThrowsAsync<QueryException>(() => fleet.PageAsync("SELECT * FROM devices", 1, forged));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task A_page_size_out_of_bounds_is_refused(int size) =>
        await Assert.ThrowsAsync<QueryException>(() => fleet.PageAsync("SELECT * FROM devices", size));

    [Fact]
    public async Task What_a_caller_writes_never_becomes_sql()
    {
        const string evil = "x'; DROP TABLE device; --";
        await fleet.AddAsync("d1", $$"""{"{{evil}}":"{{evil}}"}""");
        string[] queries =
        [
            $"SELECT deviceId FROM devices WHERE tags.[[{evil}]] = \"{evil}\"", $"SELECT deviceId FROM devices WHERE tags.[[{evil}]] IN [\"{evil}\", \"y\"]",
            $"SELECT deviceId FROM devices WHERE CONTAINS(tags.[[{evil}]], \"DROP TABLE\")", $"SELECT deviceId FROM devices WHERE IS_STRING(tags.[[{evil}]])",
        ];
        foreach (var query in queries)
        {
            Assert.Equal("""[{"deviceId":"d1"}]""", await fleet.AskAsync(query));
            Assert.DoesNotContain("DROP", fleet.Sql(TwinQuery.Parse(query)), StringComparison.Ordinal);
        }

        var grouped = $"SELECT tags.[[{evil}]] AS [[{evil}]], MAX(tags.[[{evil}]]) FROM devices GROUP BY tags.[[{evil}]]";
        Assert.Contains(evil, (await fleet.AskAsync(grouped)).Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("DROP", fleet.Sql(TwinQuery.Parse(grouped)), StringComparison.Ordinal);
        Assert.Equal("""[{"deviceId":"d1"}]""", await fleet.AskAsync("SELECT deviceId FROM devices"));
    }

    [Fact]
    public async Task The_deepest_and_longest_conditions_run()
    {
        await fleet.AddAsync("d1", """{"a":1}""");
        static string Nested(string open, string inner, string close, int depth) =>
            string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));

        const int deepest = QueryParser.MaxDepth - 2;
        const int room = TwinQuery.MaxLength - 60;
        Assert.Equal("d1", await fleet.IdsAsync(Nested("(tags.b = 2 OR ", "tags.a = 1", ")", deepest)));
        Assert.Equal("d1", await fleet.IdsAsync(Nested("NOT ", "tags.a = 1", "", deepest)));
        Assert.Equal("d1", await fleet.IdsAsync("tags.a = " + Nested("1*(", "1", ")", deepest / 2)));
        Assert.Equal("d1", await fleet.IdsAsync("0 < tags.a" + Nested("", "", "+tags.a", deepest)));
        Assert.Equal("d1", await fleet.IdsAsync(Nested("tags.a=tags.b OR ", "tags.a=1", "", room / 17)));
        Assert.Equal("d1", await fleet.IdsAsync(Nested("tags.a=1 AND ", "tags.a=1", "", room / 13)));
        Assert.Equal("d1", await fleet.IdsAsync("tags.a IN [" + Nested("2,", "1", "", room / 2 - 10) + "]"));
        Assert.Equal("d1", await fleet.IdsAsync("NOT tags.a IN [" + Nested("2,", "3", "", room / 2 - 10) + "]"));
        Assert.Equal("d1", await fleet.IdsAsync(Nested("(0 OR ", Nested("a.", "", "", 0) + "tags.a=1", ")", deepest)));
    }

    [Fact]
    public async Task No_document_fails_a_query_of_the_fleet()
    {
        await fleet.AddAsync("nul", """{"v":"x\u0000y","w\u0001":1}""", """{"v":"x\u0000y","w":{"\u0002":["\u0000","\\u0000"]}}""");
        await fleet.AddAsync("tiny", """{"v":1e-20000}""", """{"v":1e-20000}""");
        await fleet.AddAsync("huge", """{"v":1.7e308}""", """{"v":1.7e308}""");
        await fleet.AddAsync("long", $$"""{"v":0.{{new string('3', 20_000)}}}""", $$"""{"v":0.{{new string('3', 20_000)}}}""");
        await fleet.AddAsync("deep", """{"v":{"v":{"v":{"v":{"v":{"v":{"v":{"v":{"v":{"v":1}}}}}}}}}}""", """{"v":{"v":{"v":{"v":{"v":{"v":{"v":{"v":{"v":{"v":1}}}}}}}}}}""");
        foreach (var place in (string[])["tags.v", "properties.reported.v"])
        {
            Assert.Equal("nul", await fleet.IdsAsync($"{place} = 'x\\u0000y' AND CONTAINS({place}, '\\u0000') AND STARTSWITH({place}, 'x')"));
            Assert.Equal("", await fleet.IdsAsync($"{place} = 'xy' OR CONTAINS({place}, '\\u0001') OR ENDSWITH({place}, '\\u0002y')"));
            Assert.Equal("tiny", await fleet.IdsAsync($"{place} = 0"));
            Assert.Equal("tiny long", await fleet.IdsAsync($"{place} < 1 AND {place} * 1e-300 * 1e-300 = 0"));
            Assert.Equal("huge", await fleet.IdsAsync($"{place} * 10 > 1.7e308 AND {place} + {place} > 1 AND {place} - {place} = 0"));
            Assert.Equal("deep", await fleet.IdsAsync($"{place}.v.v.v.v.v.v.v.v.v = 1"));
            Assert.Equal("""[{"n":5,"low":0,"high":1.7E+308}]""", await fleet.AskAsync($"SELECT COUNT() AS n, MIN({place}) AS low, MAX({place}) AS high FROM devices"));
            Assert.Equal(5, QueryFleet.Items(await fleet.PageAsync($"SELECT {place} AS v, COUNT() FROM devices GROUP BY {place}")).Count);
        }

        Assert.Equal("nul", await fleet.IdsAsync("properties.reported.w.[[\u0002]] != 1 OR IS_ARRAY(properties.reported.w.[[\u0002]])"));
        Assert.Contains("""["\u0000","\""", await fleet.AskAsync("SELECT properties.reported.w, COUNT() FROM devices GROUP BY properties.reported.w"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sums_beyond_a_double_are_no_numbers_and_end_no_query()
    {
        await fleet.AddAsync("a", reported: """{"v":1.7e308}""");
        await fleet.AddAsync("b", reported: """{"v":1.7e308}""");
        await fleet.AddAsync("c", reported: """{"v":-1e200}""");

        Assert.Equal("""[{"total":null,"n":3}]""", await fleet.AskAsync("SELECT SUM(properties.reported.v) AS total, COUNT() AS n FROM devices"));
        Assert.Equal("a b", await fleet.IdsAsync("properties.reported.v / 0.1 > 1 AND NOT IS_DEFINED(properties.reported.v / 0) AND properties.reported.v % 7 < 7"));
    }

    [Fact]
    public async Task Groups_are_paged_up_to_a_bound_and_then_refused()
    {
        await using var bounded = await NewAsync(new FleetQueryOptions { MaxGroups = 4 });
        for (var i = 0; i < 5; i++)
        {
            await bounded.AddAsync($"d{i}");
        }

        const string query = "SELECT deviceId FROM devices GROUP BY deviceId";
        var first = await bounded.PageAsync(query, 4);
        Assert.Equal(4, QueryFleet.Items(first).Count);
        Assert.Contains("4 groups", (await Assert.ThrowsAsync<QueryException>(() => bounded.PageAsync(query, 4, first.Continuation))).Message, StringComparison.Ordinal);
    }
}
