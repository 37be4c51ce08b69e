using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CsCheck;
using Muster.Json;
using Xunit;

namespace Muster.Telemetry;

public sealed class TelemetryFieldsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static readonly Gen<string> Value = Gen.OneOf(
        Gen.Int.Select(i => $"{i}"), Gen.Double[-1e9, 1e9].Select(d => JsonSerializer.Serialize(d)), Gen.Bool.Select(b => b ? "true" : "false"),
        Gen.Const("null"), Gen.Const("""[1, "b", {"c": []}]"""), Gen.String[0, 300].Select(s => JsonSerializer.Serialize(s)));

    private static readonly Gen<string> Name = Gen.Int[0, 90].Select(i => i == 90 ? new string('n', 129) : $"f\\u002e{i}");

    private static readonly Gen<string> Body = Gen.Select(Name, Value, Value)
        .Select((name, value, inner) => $"\"{name}\": {value}, \"o\": {{\"{name}\": {inner}}}")
        .Array[0, 8].Select(parts => parts.Length == 0 ? "{ not json }" : "{" + string.Join(",", parts) + "}");

    [Fact]
    public void The_last_value_of_each_field_is_kept_with_its_time()
    {
        var first = Merge(null, """{"a":1,"o":{"x":{"y":true}}}""");
        Assert.Equal("""{"a":{"value":1,"enqueuedTime":"2026-01-02T03:04:05.006Z"},"o.x.y":{"value":true,"enqueuedTime":"2026-01-02T03:04:05.006Z"}}""", first);

        var second = TelemetryFields.Merge(Encoding.UTF8.GetBytes(first), Batch(Start.AddSeconds(1), """{"a":"é\n","n":null,"l":[1, 2]}"""));
        Assert.Equal(["o.x.y", "a", "n", "l"], Fields(second!).Select(field => field.Name));
        Assert.Equal("é\n", Fields(second!)[1].Value.GetProperty("value").GetString());
        Assert.Equal("2026-01-02T03:04:06.006Z", Fields(second!)[1].Value.GetProperty("enqueuedTime").GetString());
        Assert.Equal("[1,2]", Fields(second!)[3].Value.GetProperty("value").GetRawText());
    }

    [Fact]
    public void However_the_events_are_batched_the_outcome_is_the_same() => Gen.Select(Body.Array[0, 12], Gen.Int[0, 12]).Sample((bodies, at) =>
    {
        var events = bodies.Select((body, i) => new Observation(i, Start.AddSeconds(i), JsonUtf8.Parse(body))).ToImmutableArray();
        var cut = Math.Min(at, events.Length);

        var whole = TelemetryFields.Merge(null, new ObservationBatch(events));
        var parts = TelemetryFields.Merge(TelemetryFields.Merge(null, new ObservationBatch(events[..cut])), new ObservationBatch(events[cut..]));

        Assert.Equal(whole is null ? null : Encoding.UTF8.GetString(whole), parts is null ? null : Encoding.UTF8.GetString(parts));
    });

    [Fact]
    public void No_bound_is_ever_passed() => Body.Array[1, 40].Sample(bodies =>
    {
        var merged = bodies.Aggregate((byte[]?)null, (current, body) => TelemetryFields.Merge(current, Batch(Start, body)));
        if (merged is not null)
        {
            Assert.True(merged.Length <= TelemetryFields.MaxBytes);
            var fields = Fields(merged);
            Assert.True(fields.Count <= TelemetryFields.MaxFields);
            Assert.All(fields, field => Assert.True(field.Name.Length <= TelemetryFields.MaxNameLength));
            Assert.Equal(fields.Count, fields.Select(field => field.Name).Distinct().Count());
        }
    });

    [Fact]
    public void Beyond_the_bound_the_fields_not_heard_of_for_longest_go()
    {
        var full = Merge(null, "{" + string.Join(",", Enumerable.Range(0, 64).Select(i => $"\"f{i}\":{i}")) + "}");
        var merged = TelemetryFields.Merge(Encoding.UTF8.GetBytes(full), Batch(Start.AddSeconds(1), """{"f0":0,"new":1}"""));

        var names = Fields(merged!).Select(field => field.Name).ToList();
        Assert.Equal(64, names.Count);
        Assert.DoesNotContain("f1", names);
        Assert.Equal(["f63", "f0", "new"], names[^3..]);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":{"b":{"c":{"d":{"e":1}}}}}""")]
    [InlineData("""{"a":"\ud800"}""")]
    public void What_is_not_understood_changes_nothing(string body) => Assert.Null(TelemetryFields.Merge(null, Batch(Start, body)));

    [Fact]
    public void An_event_without_a_json_body_changes_nothing()
    {
        var current = "{}"u8.ToArray();
        Assert.Same(current, TelemetryFields.Merge(current, new ObservationBatch([new Observation(0, Start, null)])));
    }

    [Fact]
    public void A_text_that_is_too_long_leaves_the_value_before_it()
    {
        var merged = Merge(Encoding.UTF8.GetBytes(Merge(null, """{"a":"short"}""")), $$"""{"a":"{{new string('x', 257)}}","b":"{{new string('x', 256)}}"}""");
        Assert.Contains("\"short\"", merged, StringComparison.Ordinal);
        Assert.Contains($"\"{new string('x', 256)}\"", merged, StringComparison.Ordinal);
    }

    [Fact]
    public void An_array_that_nests_as_deep_as_a_body_may_is_not_kept_and_what_comes_next_is()
    {
        var deep = $$"""{"deep":{{new string('[', 63)}}{{new string(']', 63)}},"a":1}""";
        var merged = Merge(Encoding.UTF8.GetBytes(Merge(null, deep)), """{"b":[[[[[[[[[[1]]]]]]]]]]}""");
        Assert.Equal(["a", "b"], Fields(Encoding.UTF8.GetBytes(merged)).Select(field => field.Name));
    }

    private static string Merge(byte[]? current, string body) => Encoding.UTF8.GetString(TelemetryFields.Merge(current, Batch(Start, body))!);

    private static ObservationBatch Batch(DateTimeOffset at, string body) => new([new Observation(0, at, JsonUtf8.Parse(body))]);

    private static List<JsonProperty> Fields(byte[] json) => [.. JsonDocument.Parse(json).RootElement.EnumerateObject()];
}
