using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation;

/// <summary>What a pump answers to a direct method, and what it does then.</summary>
/// <param name="Status">As in HTTP: 200, 202 (will happen), 400, 501 (no such method).</param>
/// <param name="Payload">JSON.</param>
/// <param name="Settings">New settings; null if they stay.</param>
/// <param name="RebootAfter">When to reboot; null if not at all.</param>
internal sealed record MethodAnswer(int Status, JsonObject Payload, PumpSettings? Settings = null, TimeSpan? RebootAfter = null);

/// <summary>The direct methods of a pump. Pure.</summary>
internal static class PumpMethods
{
    private const double LongestDelay = 60;

    /// <param name="name">Of the method.</param>
    /// <param name="payload">What came with it: JSON, <c>null</c> if nothing did.</param>
    /// <param name="settings">What holds now.</param>
    internal static MethodAnswer Invoke(string name, ReadOnlySpan<byte> payload, PumpSettings settings)
    {
        if (!TryParse(payload, out var argument))
        {
            return Refuse(400, "the payload is not JSON");
        }

        return name switch
        {
            "reboot" => Reboot(argument),
            "setFlow" => SetFlow(argument, settings),

            // A hint only: what it announces comes as a change of the twin.
            "deviceUpdateAvailable" => new(200, []),
            _ => Refuse(501, $"this pump has no method '{name}'; it has reboot, setFlow and deviceUpdateAvailable"),
        };
    }

    private static MethodAnswer Reboot(JsonElement argument)
    {
        if (argument.ValueKind == JsonValueKind.Null)
        {
            return Accept(0);
        }

        return Number(argument, "delay") is { } delay and >= 0 and <= LongestDelay
            ? Accept(delay)
            : Refuse(400, $"reboot takes nothing, or {{\"delay\": seconds from 0 to {LongestDelay}}}");

        static MethodAnswer Accept(double delay) => new(202, new JsonObject { ["rebootIn"] = delay }, RebootAfter: TimeSpan.FromSeconds(delay));
    }

    private static MethodAnswer SetFlow(JsonElement argument, PumpSettings settings) =>
        Number(argument, "flow") is { } flow and >= 0 and <= PumpPhysics.RatedFlow
            ? new(200, new JsonObject { ["flow"] = flow, ["was"] = settings.TargetFlow }, settings with { TargetFlow = flow })
            : Refuse(400, $"setFlow takes {{\"flow\": l/min from 0 to {PumpPhysics.RatedFlow}}}");

    private static MethodAnswer Refuse(int status, string why) => new(status, new JsonObject { ["error"] = why });

    private static double? Number(JsonElement argument, string name) =>
        argument.ValueKind == JsonValueKind.Object && argument.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble() : null;

    private static bool TryParse(ReadOnlySpan<byte> payload, out JsonElement argument)
    {
        argument = default;
        try
        {
            argument = payload.IsEmpty ? JsonElement.Parse("null"u8) : JsonElement.Parse(payload);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
