using System.Globalization;
using System.Text.Json;
using CsCheck;
using Muster.Devices;
using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Query;

public class TwinQueryLawTests
{
    [Fact]
    public void A_condition_finds_the_rows_for_which_it_is_true() => Gen.Select(RandomFleet.States, RandomFleet.Condition.Array[30]).Sample(
        (states, conditions) =>
        {
            using var fleet = Fleet(states, out var twins);
            foreach (var condition in conditions)
            {
                var query = TwinQuery.Parse($"SELECT * FROM devices WHERE {condition}");
                var expected = twins.Where(twin => ReferenceEvaluator.IsTrue(query.Where!, twin)).Select(Id);

                Assert.True(expected.SequenceEqual(Ids(fleet, fleet.Compile(query))), condition);
            }
        },
        iter: 120);

    [Fact]
    public void The_index_finds_what_a_scan_finds() => Gen.Select(RandomFleet.States, RandomFleet.Condition, Gen.Select(RandomFleet.Place, RandomFleet.Condition).Array[10]).Sample(
        (states, first, more) =>
        {
            using var fleet = Fleet(states, out _);
            foreach (var (place, condition) in more)
            {
                foreach (var value in (string[])["= 1", "= 'a'", "= true", "= null", "IN ['a', 1, 'b', true]", "IN []", "IN [null, 'a']", "= 1e2"])
                {
                    var query = TwinQuery.Parse($"SELECT * FROM devices WHERE {place} {value} AND ({condition} OR {first} OR true)");
                    var scanned = QueryCompiler.Rows(query, new AccessPath.Scan(), 0, 1000);

                    Assert.Equal(Ids(fleet, scanned), Ids(fleet, fleet.Compile(query)));
                }
            }
        },
        iter: 20);

    [Fact]
    public void Pages_together_are_the_whole() => Gen.Select(RandomFleet.States, RandomFleet.Condition, Gen.Int[1, 9], Gen.Int[1, 30]).Sample(
        async (states, condition, size, top) =>
        {
            using var fleet = Fleet(states, out _);
            foreach (var query in (string[])
            [
                $"SELECT * FROM devices WHERE {condition}", $"SELECT TOP {top} deviceId, tags.a FROM devices WHERE NOT ({condition})", "SELECT * FROM devices WHERE tags.a IN ['a', 1, true]",
                "SELECT tags.a, COUNT() FROM devices GROUP BY tags.a", $"SELECT TOP {top} deviceId FROM devices GROUP BY deviceId",
            ])
            {
                var whole = await fleet.PageAsync(query);

                Assert.Null(whole.Continuation);
                Assert.Equal(TestFleet.Items(whole), await fleet.AllAsync(query, size));
                Assert.True(TestFleet.Items(whole).Count <= top || !query.Contains("TOP", StringComparison.Ordinal));
            }
        },
        iter: 40);

    [Fact]
    public void Groups_are_those_of_the_values() => Gen.Select(RandomFleet.States, RandomFleet.Place, RandomFleet.Place, RandomFleet.Condition).Sample(
        async (states, key, value, condition) =>
        {
            using var fleet = Fleet(states, out var twins);
            var text = $"SELECT {key} AS k, COUNT() AS n, SUM({value}) AS total, AVG({value}) AS mean, MIN({value}) AS low, MAX({value}) AS high FROM devices WHERE {condition} GROUP BY {key}";
            var query = TwinQuery.Parse(text);
            var argument = ((SelectItem.Aggregate)query.Items[2]).Argument!;
            var expected = twins.Where(twin => ReferenceEvaluator.IsTrue(query.Where!, twin))
                .GroupBy(twin => Spell(ReferenceEvaluator.At(twin, query.GroupBy[0])))
                .Select(group => Summary(group.Key, [.. group.Select(twin => ReferenceEvaluator.At(twin, argument))]));

            var actual = (await fleet.AllAsync(text)).Select(item => Spell(JsonDocument.Parse(item).RootElement));
            Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        },
        iter: 120);

    private static TestFleet Fleet(DeviceState[] states, out List<JsonElement> twins)
    {
        var fleet = new TestFleet();
        twins = [];
        for (var i = 0; i < states.Length; i++)
        {
            // Every fifth row is a module, which is no device.
            var key = i % 5 == 4 ? $"d{i - 1}/m" : $"d{i}";
            fleet.Add(key, states[i]);
            twins.AddRange(i % 5 == 4 ? [] : [TestFleet.Twin(key, states[i])]);
        }

        return fleet;
    }

    private static string Id(JsonElement twin) => twin.GetProperty("deviceId").GetString()!;

    private static List<string> Ids(TestFleet fleet, CompiledQuery query)
    {
        using var lease = new StatementLease(fleet.Database, query);
        var ids = new List<string>();
        while (lease.Statement.Step())
        {
            ids.Add(lease.Statement.TextOrNull((int)DeviceColumn.DeviceId)!);
        }

        return ids;
    }

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
