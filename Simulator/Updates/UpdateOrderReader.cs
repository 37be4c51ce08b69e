using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>Reads an order out of the desired component <c>deviceUpdate</c>.</summary>
/// <param name="key">Whose signature every manifest must bear; null: none is asked for.</param>
internal sealed class UpdateOrderReader(ManifestKey? key)
{
    private const int ProcessDeployment = 3;
    private const int Cancel = 255;

    /// <summary>Null if it names no workflow, or one of an action that this device does not know.</summary>
    internal UpdateOrder? Read(JsonObject? component)
    {
        var service = component?["service"] as JsonObject;
        if (service?["workflow"] is not JsonObject workflow || Text(workflow, "id") is not { Length: > 0 } id
            || Number(workflow, "action") is not { } action || action is not (ProcessDeployment or Cancel))
        {
            return null;
        }

        var order = new UpdateOrder
        {
            WorkflowId = id,
            IsCancel = action == Cancel,
            IsRollback = workflow["rollback"] is JsonValue rollback && rollback.GetValueKind() == JsonValueKind.True,
            Permit = Text(workflow, "permit") switch { "reboot" => UpdatePermit.Reboot, "install" => UpdatePermit.Install, _ => UpdatePermit.Download },
        };
        return order.IsCancel ? order : WithManifest(order, service);
    }

    private UpdateOrder WithManifest(UpdateOrder order, JsonObject service)
    {
        if (Text(service, "updateManifest") is not { } text)
        {
            return order with { Problem = "there is no manifest" };
        }

        if (key is not null && !key.Signed(text, Text(service, "updateManifestSignature")))
        {
            return order with { Problem = "the manifest is not signed by the key that this device trusts" };
        }

        try
        {
            return order with { Manifest = Manifest(JsonNode.Parse(text)?.AsObject() ?? [], service["fileUrls"] as JsonObject ?? []) };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return order with { Problem = $"the manifest cannot be used: {exception.Message}" };
        }
    }

    private static UpdateManifest Manifest(JsonObject manifest, JsonObject urls)
    {
        var id = manifest["updateId"] as JsonObject ?? [];
        var targets = (manifest["compatibility"] as JsonArray ?? []).OfType<JsonObject>().Select(item => new UpdateTarget(Need(item, "model"), Text(item, "hwRevision")));
        var files = (manifest["files"] as JsonObject ?? []).Select(pair => File(pair.Key, pair.Value as JsonObject ?? [], urls)).ToImmutableArray();
        return new(Need(id, "name"), Need(id, "version"), [.. targets], files.IsEmpty ? throw new FormatException("it has no files") : files);
    }

    private static UpdateFile File(string fileId, JsonObject file, JsonObject urls)
    {
        var hash = Convert.FromBase64String(Need(file["hashes"] as JsonObject ?? [], "sha256"));
        var size = Number(file, "sizeInBytes") is >= 0 and var bytes ? bytes : throw new FormatException($"file {fileId} has no size");
        return Uri.TryCreate(Text(urls, fileId), UriKind.Absolute, out var url) && url.Scheme is "https" or "http"
            ? new(Need(file, "fileName"), size, [.. hash], url)
            : throw new FormatException($"file {fileId} has no URL");
    }

    private static string Need(JsonObject json, string name) => Text(json, name) ?? throw new FormatException($"it has no {name}");

    private static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? Number(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;
}
