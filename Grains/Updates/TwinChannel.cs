using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muster.Json;

namespace Muster.Updates;

/// <summary>
/// The component <c>deviceUpdate</c> of the device twin, modelled on Azure Device Update's agent contract (desired <c>service</c>, reported <c>agent</c>), with the steps of
/// our own machine. Pure.
/// </summary>
internal static class TwinChannel
{
    private const int ProcessDeployment = 3;
    private const int CancelDeployment = 255;
    private static readonly TimeSpan RetryTelling = TimeSpan.FromMinutes(1);

    /// <summary>What the desired properties have to say, in short; null for nothing. Two that are the same need no other desired properties.</summary>
    internal static string? SignOf(DeviceUpdate update, UpdateContext context) =>
        update.Agent != UpdateAgent.Twin || !UpdateMachine.IsShown(update.Status) || UpdateOffers.PermitOf(update, context) is var permit && permit == UpdatePermit.None && update.Status != UpdateStatus.Canceling
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{update.WireId}/{(update.Status == UpdateStatus.Canceling ? CancelDeployment : ProcessDeployment)}/{Word(permit)}/{update.Wanted}");

    /// <summary>True where the device installs what it was told of, or has: it only hears how far it may go, for which its release need not be offered any more.</summary>
    internal static bool IsAtIt(DeviceUpdate update) => update.Status is >= UpdateStatus.Installing and <= UpdateStatus.Soaking
        && update.Told?.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{update.WireId}/{ProcessDeployment}/"), StringComparison.Ordinal) == true;

    /// <summary>The desired patch that says it. What the twin has of the release stays there.</summary>
    /// <param name="update">The record.</param>
    /// <param name="context">What bounds it.</param>
    /// <param name="content">Of the wanted release; null where nothing is to be said of it, or it was said before.</param>
    internal static JsonUtf8 Desired(DeviceUpdate update, UpdateContext context, TwinContent? content)
    {
        if (SignOf(update, context) is null)
        {
            return new JsonUtf8("""{"deviceUpdate":null}"""u8.ToArray());
        }

        var isCancel = update.Status == UpdateStatus.Canceling;
        var workflow = new JsonObject
        {
            ["action"] = isCancel ? CancelDeployment : ProcessDeployment,
            ["id"] = update.WireId.ToString(CultureInfo.InvariantCulture),
            ["permit"] = Word(UpdateOffers.PermitOf(update, context)),
            ["rollback"] = update.Status == UpdateStatus.RollingBack ? true : null,
        };
        var service = new JsonObject { ["workflow"] = workflow };
        if (!isCancel && content is not null)
        {
            service["updateManifest"] = content.Manifest;
            service["updateManifestSignature"] = content.Signature;
            service["fileUrls"] = new JsonObject(content.Urls.Select(static url => KeyValuePair.Create(url.File, (JsonNode?)url.Url)));
        }

        return new JsonUtf8(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["deviceUpdate"] = new JsonObject { ["__t"] = "c", ["service"] = service } }));
    }

    /// <summary>When desired properties that could not be written are tried again: at once where their content was not asked for yet, else after a minute.</summary>
    /// <param name="before">The record that the content was asked for by; null if there was none.</param>
    /// <param name="update">The record that has to be told.</param>
    /// <param name="isRefused">True if the content is there, and the twin does not take it.</param>
    /// <param name="now">UTC.</param>
    internal static DateTimeOffset TellAt(DeviceUpdate? before, DeviceUpdate update, bool isRefused, DateTimeOffset now)
    {
        var wasAsked = before is not null && before.Rollout == update.Rollout && before.Wanted == update.Wanted && before.Agent == update.Agent;
        var again = isRefused || wasAsked ? now + RetryTelling : now;
        return update.LookAt < again ? update.LookAt.Value : again;
    }

    /// <summary>What the agent's block says; null for nothing that can be understood.</summary>
    internal static AgentReport? Read(JsonElement agent)
    {
        if (Number(agent, "state") is not { } state || Number(agent, "workflow", "id") is not { } id || EventOf(agent, state) is not { } what)
        {
            return null;
        }

        var result = agent.TryGetProperty("lastInstallResult", out var last) && last.ValueKind == JsonValueKind.Object ? last : default;
        return new AgentReport
        {
            WireId = id,
            Event = what,
            Agent = UpdateAgent.Twin,
            Percent = Number(agent, "percent"),
            Code = what == AgentEvent.Failed ? Text(result, "extendedResultCodes") : null,
            Message = what is AgentEvent.Failed or AgentEvent.Canceled ? Text(result, "resultDetails") : null,
        };
    }

    private static AgentEvent? EventOf(JsonElement agent, int state) => state switch
    {
        6 when Text(agent, "cancel") == "rejected" => AgentEvent.CancelRejected,
        6 => Text(agent, "step") switch
        {
            "accepted" => AgentEvent.Fetched,
            "downloading" => AgentEvent.Downloading,
            "downloaded" => AgentEvent.Downloaded,
            "installing" => AgentEvent.Installing,
            "installed" => AgentEvent.Installed,
            "rebooting" => AgentEvent.Rebooting,
            "confirming" => AgentEvent.Confirming,
            _ => null,
        },
        0 => Number(agent, "lastInstallResult", "resultCode") switch
        {
            700 => AgentEvent.Succeeded,
            -1 => AgentEvent.Canceled,
            _ => null,
        },
        255 => AgentEvent.Failed,
        _ => null,
    };

    private static string Word(UpdatePermit permit) => permit switch
    {
        UpdatePermit.None or UpdatePermit.Download => "download",
        UpdatePermit.Install => "install",
        _ => "reboot",
    };

    private static int? Number(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            element = element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? child : default;
        }

        return element.ValueKind switch
        {
            JsonValueKind.Number when element.TryGetInt32(out var number) => number,
            JsonValueKind.String when int.TryParse(element.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.String ? child.GetString() : null;
}

/// <summary>What a twin's desired properties bring of a release.</summary>
/// <param name="Manifest">JSON text.</param>
/// <param name="Signature">Of its bytes: a compact JWS.</param>
/// <param name="Urls">Where the files are, each with its own signed link.</param>
internal sealed record TwinContent(string Manifest, string Signature, IReadOnlyList<(string File, string Url)> Urls);

/// <summary>Where that comes from. Thread-safe.</summary>
internal interface ITwinContents
{
    /// <summary>Null where the release cannot be offered.</summary>
    ValueTask<TwinContent?> GetAsync(PlannedRelease release, string deviceId);
}
