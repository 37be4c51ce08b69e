using System.Globalization;
using System.Text.Json;
using CsCheck;
using Muster.Devices;
using Xunit;

namespace Muster.Query;

/// <summary>What every engine makes of random queries over random fleets: what the <see cref="ReferenceEvaluator"/> says.</summary>
public abstract class TwinQueryLaws
{
    /// <summary>How many fleets the longest laws look at.</summary>
    protected abstract int Iterations { get; }

    /// <summary>How many fleets there may be at once; negative for as many as there are processors.</summary>
    protected virtual int Threads => -1;

    /// <summary>A fleet without a row.</summary>
    protected abstract Task<QueryFleet> NewAsync();

    [Fact]
    public Task A_condition_finds_the_rows_for_which_it_is_true() => Gen.Select(RandomFleet.States, RandomFleet.Condition.Array[30]).SampleAsync(
        async (states, conditions) =>
        {
            await using var fleet = await NewAsync();
            var twins = await FillAsync(fleet, states);
            foreach (var condition in conditions)
            {
                var query = TwinQuery.Parse($"SELECT * FROM devices WHERE {condition}");
                var expected = string.Join(' ', twins.Where(twin => ReferenceEvaluator.IsTrue(query.Where!, twin)).Select(Id));

                Assert.True(expected == await fleet.IdsAsync(condition), condition);
            }
        },
        iter: Iterations, threads: Threads);

    [Fact]
    public Task The_index_finds_what_a_scan_finds() => Gen.Select(RandomFleet.States, RandomFleet.Condition, Gen.Select(RandomFleet.Place, RandomFleet.Condition).Array[10]).SampleAsync(
        async (states, first, more) =>
        {
            await using var fleet = await NewAsync();
            await FillAsync(fleet, states);
            foreach (var (place, condition) in more)
            {
                foreach (var value in (string[])["= 1", "= 'a'", "= true", "= null", "IN ['a', 1, 'b', true]", "IN []", "IN [null, 'a']", "= 1e2"])
                {
                    // The same question, in words that no index helps with.
                    var scanned = await fleet.IdsAsync($"({place} {value} OR false) AND ({condition} OR {first} OR true)");

                    Assert.Equal(scanned, await fleet.IdsAsync($"{place} {value} AND ({condition} OR {first} OR true)"));
                }
            }
        },
        iter: Math.Max(1, Iterations / 6), threads: Threads);

    [Fact]
    public Task Pages_together_are_the_whole() => Gen.Select(RandomFleet.States, RandomFleet.Condition, Gen.Int[1, 9], Gen.Int[1, 30]).SampleAsync(
        async (states, condition, size, top) =>
        {
            await using var fleet = await NewAsync();
            await FillAsync(fleet, states);
            foreach (var query in (string[])
            [
                $"SELECT * FROM devices WHERE {condition}", $"SELECT TOP {top} deviceId, tags.a FROM devices WHERE NOT ({condition})", "SELECT * FROM devices WHERE tags.a IN ['a', 1, true]",
                "SELECT tags.a, COUNT() FROM devices GROUP BY tags.a", $"SELECT TOP {top} deviceId FROM devices GROUP BY deviceId",
            ])
            {
                var whole = await fleet.PageAsync(query);

                Assert.Null(whole.Continuation);
                Assert.Equal(QueryFleet.Items(whole), await fleet.AllAsync(query, size));
                Assert.True(QueryFleet.Items(whole).Count <= top || !query.Contains("TOP", StringComparison.Ordinal));
            }
        },
        iter: Math.Max(1, Iterations / 3), threads: Threads);

    [Fact]
    public Task Groups_are_those_of_the_values() => Gen.Select(RandomFleet.States, RandomFleet.Place, RandomFleet.Place, RandomFleet.Condition).SampleAsync(
        async (states, key, value, condition) =>
        {
            await using var fleet = await NewAsync();
            var twins = await FillAsync(fleet, states);
            var text = $"SELECT {key} AS k, COUNT() AS n, SUM({value}) AS total, AVG({value}) AS mean, MIN({value}) AS low, MAX({value}) AS high FROM devices WHERE {condition} GROUP BY {key}";
            var query = TwinQuery.Parse(text);
            var argument = ((SelectItem.Aggregate)query.Items[2]).Argument!;
            var expected = twins.Where(twin => ReferenceEvaluator.IsTrue(query.Where!, twin))
                .GroupBy(twin => Spell(ReferenceEvaluator.At(twin, query.GroupBy[0])))
                .Select(group => Summary(group.Key, [.. group.Select(twin => ReferenceEvaluator.At(twin, argument))]));

            var actual = (await fleet.AllAsync(text)).Select(item => Spell(JsonDocument.Parse(item).RootElement));
            Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        },
        iter: Iterations, threads: Threads);

    private static async Task<List<JsonElement>> FillAsync(QueryFleet fleet, DeviceState[] states)
    {
        // Every fifth row is a module, which is no device.
        var rows = states.Select((state, i) => (Key: i % 5 == 4 ? $"d{i - 1}/m" : $"d{i}", State: state)).ToList();
        await fleet.AddAsync(rows);
        return [.. rows.Where(row => !row.Key.Contains('/', StringComparison.Ordinal)).Select(row => QueryFleet.Twin(row.Key, row.State))];
    }

    private static string Id(JsonElement twin) => twin.GetProperty("deviceId").GetString()!;

    private static string Summary(string key, List<object?> values)
    {
        var numbers = values.OfType<double>().ToList();
        var texts = values.OfType<string>().Order(Comparer<string>.Create(ReferenceEvaluator.Order)).ToList();
        var parts = new List<string>();
        parts.AddRange(key == "" ? [] : ["k:" + key]);
        parts.Add($"n:{values.Count}");
        parts.AddRange(numbers.Count == 0 ? [] : ["total:" + Spell(numbers.Sum()), "mean:" + Spell(numbers.Average())]);
        parts.AddRange(numbers.Count > 0 ? ["low:" + Spell(numbers.Min()), "high:" + Spell(numbers.Max())]
            : texts.Count > 0 ? ["low:" + Spell(texts[0]), "high:" + Spell(texts[^1])] : []);
        return string.Join(' ', parts);
    }

    private static string Spell(object? value) => value switch
    {
        null => "null",
        double number => number.ToString("G15", CultureInfo.InvariantCulture),
        string text => $"'{text}'",
        bool boolean => boolean ? "true" : "false",
        JsonElement { ValueKind: JsonValueKind.Array or JsonValueKind.Object } json => json.GetRawText(),
        _ => "",
    };

    private static string Spell(JsonElement item) => string.Join(' ', item.EnumerateObject().Select(member => $"{member.Name}:" + Spell(member.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number => member.Value.GetDouble(),
        JsonValueKind.String => member.Value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => (object)member.Value,
    })));
}
