using System.Text.Json;
using Muster.Devices;
using Muster.Twins;

namespace Muster.Upstream;

/// <summary>Applies the bodies of twin-change events. Pure.</summary>
internal static class TwinEvents
{
    /// <summary>The row behind the event; the same object if it has it already, null if the twin has to be read again.</summary>
    internal static DeviceState? Apply(DeviceState row, UpstreamChange change)
    {
        try
        {
            using var document = JsonDocument.Parse(change.Body.Memory, UpstreamJson.Options);
            return UpstreamJson.Number(document.RootElement, "version") switch
            {
                { } version when version <= row.TwinVersion => row,
                { } version when version == row.TwinVersion + 1 => Apply(row, document.RootElement, change),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return null;
        }
    }

    private static DeviceState? Apply(DeviceState row, JsonElement body, UpstreamChange change)
    {
        var isReplace = change.Operation == "replaceTwin";
        if (!isReplace && change.Operation != "updateTwin")
        {
            return null;
        }

        var next = row with { TwinVersion = row.TwinVersion + 1 };
        var hasTags = body.TryGetProperty("tags", out var tags);
        var properties = UpstreamJson.Member(body, "properties") ?? default;
        var (desired, reported) = (UpstreamJson.Member(properties, "desired"), UpstreamJson.Member(properties, "reported"));

        // What replaces a twin names all that it replaces.
        if ((isReplace && (!hasTags || desired is null)) || !(hasTags || desired is not null || reported is not null))
        {
            return null;
        }

        next = hasTags ? next with { Tags = Tags(row.Tags, tags, isReplace) } : next;
        if (desired is { } patch)
        {
            if (Section(row.Desired, patch, TwinPart.Desired, isReplace, change.At) is not { } section)
            {
                return null;
            }

            next = next with { Desired = section };
        }

        return reported is not { } report ? next
            : Section(row.Reported, report, TwinPart.Reported, isReplace: false, change.At) is not { } said ? null
            : next with { Reported = said, LastActivityAt = TwinMirror.Later(row.LastActivityAt, said.UpdatedAt) };
    }

    private static byte[]? Tags(byte[]? before, JsonElement tags, bool isReplace)
    {
        if (tags.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var merged = MergePatch.Apply(isReplace ? "{}"u8 : before ?? "{}"u8, TwinSections.Compact(tags, TwinPart.Tags));
        return merged.Length > 2 ? merged : null;
    }

    // A patch without members may be one that cleared the section: only the twin itself tells.
    private static TwinSection? Section(TwinSection before, JsonElement patch, TwinPart part, bool isReplace, DateTimeOffset at)
    {
        var compact = TwinSections.Compact(patch, part);
        if (UpstreamJson.Number(patch, "$version") != before.Version + 1 || (compact.Length <= 2 && !isReplace))
        {
            return null;
        }

        var metadata = UpstreamJson.Member(patch, "$metadata") ?? default;
        var updatedAt = TwinMetadata.Truncate(UpstreamJson.Time(metadata, "$lastUpdated") ?? at);

        // A row whose time is ahead would keep it, and the hub did not.
        return updatedAt < before.UpdatedAt ? null : TwinMachine.Next(before, compact, isReplace, updatedAt);
    }
}
