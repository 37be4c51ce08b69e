using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>What a device knows of itself when its program starts: what it reported last, for it has no other memory.</summary>
internal static class AgentMemory
{
    /// <param name="fresh">As one that never reported anything.</param>
    /// <param name="reported">Its reported properties.</param>
    /// <param name="desired">What the hub desires of it now; null: nothing.</param>
    internal static AgentState Restore(AgentState fresh, JsonElement reported, UpdateOrder? desired)
    {
        var agent = Member(Member(reported, "deviceUpdate"), "agent");
        var restored = fresh with
        {
            Version = Text(Member(reported, "deviceInformation"), "swVersion") ?? fresh.Version,
            RestartCount = Number(Member(reported, "deviceHealth"), "restartCount") ?? fresh.RestartCount,
            Installed = InstalledOf(agent),
        };
        return desired is { } order && Text(Member(agent, "workflow"), "id") == order.WorkflowId ? WithJob(restored, agent, order) : restored;
    }

    private static AgentState WithJob(AgentState restored, JsonElement? agent, UpdateOrder order)
    {
        var job = JobOf(agent, order, UpdateAgent.FaultOf(restored, order));
        var isBad = job is { Fault: UpdateFault.Unhealthy, Result.Code: UpdateResult.SuccessCode };
        return restored with { Job = job, IsUnhealthy = isBad, CrashesLeft = isBad ? UpdateAgent.CrashesOfBadImage : 0 };
    }

    // A workflow that had not written its image to the end begins again; null lets it.
    private static UpdateJob? JobOf(JsonElement? agent, UpdateOrder order, UpdateFault fault)
    {
        var job = new UpdateJob { Order = order, Fault = fault };
        return (Number(agent, "state"), Text(agent, "step")) switch
        {
            (0 or 255, _) => job with { Step = UpdateStep.Finished, Result = ResultOf(Member(agent, "lastInstallResult")) },
            (6, "installed" or "rebooting" or "confirming") when order.Manifest is not null => job with { Step = UpdateStep.Rebooting },
            _ => null,
        };
    }

    private static UpdateResult ResultOf(JsonElement? result) =>
        new(Number(result, "resultCode") ?? UpdateResult.FailureCode, Text(result, "extendedResultCodes") ?? "", Text(result, "resultDetails") ?? "");

    private static UpdateId? InstalledOf(JsonElement? agent)
    {
        try
        {
            return Text(agent, "installedUpdateId") is { } text && JsonNode.Parse(text) is JsonObject id
                ? new((string?)id["name"] ?? "", (string?)id["version"] ?? "") : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement? json, string name) => Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static int? Number(JsonElement? json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : null;
}
