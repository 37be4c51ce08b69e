using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation;

/// <summary>
/// Desired properties that a pump obeys. Each is answered by a reported property of the same name: <c>value</c> (what holds now), <c>ac</c>
/// (200, or 400 for a value out of range), <c>av</c> (the desired version that it answers), <c>ad</c> (why not), as IoT Plug and Play has it.
/// </summary>
internal static class WritableProperties
{
    private sealed record Property(string Name, double Min, double Max, Func<PumpSettings, double> Get, Func<PumpSettings, double, PumpSettings> Set);

    private static readonly Property[] All =
    [
        new("telemetryInterval", 1, 86_400, settings => settings.TelemetryInterval, (settings, value) => settings with { TelemetryInterval = value }),
        new("targetFlow", 0, PumpPhysics.RatedFlow, settings => settings.TargetFlow, (settings, value) => settings with { TargetFlow = value }),
        new("maxPressure", 1, 10, settings => settings.MaxPressure, (settings, value) => settings with { MaxPressure = value }),
    ];

    /// <summary>Applies what <paramref name="desired"/> has of them; null is "no wish", and leaves what holds.</summary>
    /// <param name="settings">What holds now.</param>
    /// <param name="desired">Desired properties with <c>$version</c>: all of them, or a change.</param>
    /// <returns>The new settings, and the patch to report; an empty one if nothing was said.</returns>
    internal static (PumpSettings Settings, JsonObject Report) Apply(PumpSettings settings, JsonElement desired)
    {
        var report = new JsonObject();
        var version = desired.TryGetProperty("$version", out var number) && number.TryGetInt64(out var parsed) ? parsed : 0;
        foreach (var property in All)
        {
            if (!desired.TryGetProperty(property.Name, out var wish) || wish.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var isValid = wish.ValueKind == JsonValueKind.Number && wish.GetDouble() >= property.Min && wish.GetDouble() <= property.Max;
            settings = isValid ? property.Set(settings, wish.GetDouble()) : settings;
            report[property.Name] = Answer(property.Get(settings), isValid, version, $"a number from {property.Min} to {property.Max}");
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

    private static JsonObject Answer(double value, bool isValid, long version, string why)
    {
        var answer = new JsonObject { ["value"] = value, ["ac"] = isValid ? 200 : 400, ["av"] = version };
        answer["ad"] = isValid ? null : why;
        return answer;
    }
}
