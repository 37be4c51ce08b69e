using System.Text.Json;
using System.Text.Json.Nodes;
using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>
/// Desired properties that a pump obeys. Each is answered by a reported property of the same name: <c>value</c> (what holds now), <c>ac</c>
/// (200, or 400 for a value out of range), <c>av</c> (the desired version that it answers), <c>ad</c> (why not), as IoT Plug and Play has it.
/// </summary>
internal static class WritableProperties
{
    /// <param name="Set">Null if the wish cannot be fulfilled.</param>
    /// <param name="Range">What can be, for whoever asked for something else.</param>
    private sealed record Property(
        string Name, string Range, Func<PumpSettings, JsonNode?> Get, Func<PumpSettings, JsonElement, PumpSettings?> Set, bool TakesNull = false);

    private static readonly Property[] All =
    [
        Number("telemetryInterval", 1, 86_400, settings => settings.TelemetryInterval, (settings, value) => settings with { TelemetryInterval = value }),
        Number("targetFlow", 0, PumpPhysics.RatedFlow, settings => settings.TargetFlow, (settings, value) => settings with { TargetFlow = value }),
        Number("maxPressure", 1, 10, settings => settings.MaxPressure, (settings, value) => settings with { MaxPressure = value }),
        new("updateFault", $"one of {UpdateFaultNames.All}; or null", settings => UpdateFaultNames.NameOf(settings.UpdateFault), SetFault, TakesNull: true),
    ];

    /// <summary>Applies what <paramref name="desired"/> has of them; null is "no wish", and leaves what holds (of <c>updateFault</c>: takes it back).</summary>
    /// <param name="settings">What holds now.</param>
    /// <param name="desired">Desired properties with <c>$version</c>: all of them, or a change.</param>
    /// <returns>The new settings, and the patch to report; an empty one if nothing was said.</returns>
    internal static (PumpSettings Settings, JsonObject Report) Apply(PumpSettings settings, JsonElement desired)
    {
        var report = new JsonObject();
        var version = desired.TryGetProperty("$version", out var number) && number.TryGetInt64(out var parsed) ? parsed : 0;
        foreach (var property in All)
        {
            if (!desired.TryGetProperty(property.Name, out var wish) || (wish.ValueKind == JsonValueKind.Null && !property.TakesNull))
            {
                continue;
            }

            var next = property.Set(settings, wish);
            settings = next ?? settings;
            report[property.Name] = Answer(property.Get(settings), next is not null, version, property.Range);
        }

        return (settings, report);
    }

    /// <summary>What a pump that nobody has told anything reports of its settings.</summary>
    internal static JsonObject Defaults(PumpSettings settings)
    {
        var report = new JsonObject();
        foreach (var property in All)
        {
            report[property.Name] = Answer(property.Get(settings), isValid: true, version: 0, why: "");
        }

        return report;
    }

    private static JsonObject Answer(JsonNode? value, bool isValid, long version, string why)
    {
        var answer = new JsonObject { ["value"] = value, ["ac"] = isValid ? 200 : 400, ["av"] = version };
        answer["ad"] = isValid ? null : why;
        return answer;
    }

    private static Property Number(string name, double min, double max, Func<PumpSettings, double> get, Func<PumpSettings, double, PumpSettings> set) => new(
        name, $"a number from {min} to {max}", settings => get(settings),
        (settings, wish) => wish.ValueKind == JsonValueKind.Number && wish.GetDouble() >= min && wish.GetDouble() <= max ? set(settings, wish.GetDouble()) : null);

    private static PumpSettings? SetFault(PumpSettings settings, JsonElement wish) => wish.ValueKind switch
    {
        JsonValueKind.Null => settings with { UpdateFault = UpdateFault.None },
        JsonValueKind.String when UpdateFaultNames.Find(wish.GetString()!) is { } fault => settings with { UpdateFault = fault },
        _ => null,
    };
}
