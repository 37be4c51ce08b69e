using System.Buffers;
using System.Globalization;
using System.Text;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;

namespace Muster.Events;

/// <summary>The bodies of events that the hub makes itself, as IoT Hub's non-telemetry events have them.</summary>
internal static class DeviceEventText
{
    internal static void WriteBody(IBufferWriter<byte> to, DeviceEvent news)
    {
        var json = new JsonOut(to);
        switch (news)
        {
            case DeviceEvent.TwinChanged change:
                WriteTwin(json, change);
                break;
            case DeviceEvent.LifecycleChanged:
                WriteDevice(json, news.Key, news.State);
                break;
            case DeviceEvent.ConnectionChanged connection:
                json.Raw("{\"sequenceNumber\":"u8);
                json.Text(SequenceNumber(connection));
                json.Raw("}"u8);
                break;
            default:
                throw new NotSupportedException($"Unknown event {news}.");
        }
    }

    /// <summary>
    /// 64 hex digits that rise with each connection and disconnection of an id, across its identities too: generation, session, and whether it ended.
    /// </summary>
    internal static string SequenceNumber(DeviceEvent.ConnectionChanged connection) => string.Create(
        CultureInfo.InvariantCulture,
        $"{connection.State.Identity.GenerationId:X32}{(2 * connection.Epoch) + (connection.IsConnected ? 0 : 1):X32}");

    /// <summary>ISO 8601 with seven digits, UTC.</summary>
    internal static byte[] Time(DateTimeOffset at) => Encoding.ASCII.GetBytes(at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));

    private static void WriteTwin(JsonOut json, DeviceEvent.TwinChanged change)
    {
        var (state, move) = (change.State, change.Move);
        json.Raw("{\"version\":"u8);
        json.Number(state.TwinVersion);
        if (change.IsReplace || move.Tags is not null)
        {
            json.Raw(",\"tags\":"u8);
            json.Raw(change.IsReplace ? state.Tags ?? "{}"u8 : move.Tags!.Span);
        }

        if (move.Desired is { } desired)
        {
            json.Raw(",\"properties\":{\"desired\":"u8);
            if (change.IsReplace)
            {
                TwinDocument.WriteSection(json, state.Desired, withVersions: true);
            }
            else
            {
                WritePatch(json, desired.Patch.Span, state.Desired, withVersions: true);
            }

            json.Raw("}"u8);
        }
        else if (move.Reported is { } reported)
        {
            json.Raw(",\"properties\":{\"reported\":"u8);
            WritePatch(json, reported.Span, state.Reported, withVersions: false);
            json.Raw("}"u8);
        }

        json.Raw("}"u8);
    }

    // A patch of desired properties carries its $version already.
    private static void WritePatch(JsonOut json, ReadOnlySpan<byte> patch, TwinSection section, bool withVersions)
    {
        json.Raw(patch[..^1]);
        json.Raw(patch.Length > 2 ? ",\"$metadata\":{"u8 : "\"$metadata\":{"u8);
        TwinMetadata.WriteStamp(json, section.UpdatedAt, withVersions ? section.Version : null);
        WriteStamps(json, patch, section, withVersions);
        json.Raw("}"u8);
        if (!withVersions)
        {
            json.Raw(",\"$version\":"u8);
            json.Number(section.Version);
        }

        json.Raw("}"u8);
    }

    // What a patch names, it sets: now, and in this version. What it deletes is no longer there to have been set.
    private static void WriteStamps(JsonOut json, ReadOnlySpan<byte> patch, TwinSection section, bool withVersions)
    {
        for (var members = new CompactObject(patch); members.MoveNext();)
        {
            if (members.IsNull || members.Key.SequenceEqual("$version"u8))
            {
                continue;
            }

            json.Raw(",\""u8);
            json.Raw(members.Key);
            json.Raw("\":{"u8);
            TwinMetadata.WriteStamp(json, section.UpdatedAt, withVersions ? section.Version : null);
            if (members.IsObject)
            {
                WriteStamps(json, members.Value, section, withVersions);
            }

            json.Raw("}"u8);
        }
    }

    private static void WriteDevice(JsonOut json, DeviceKey key, DeviceState state)
    {
        json.Raw("{\"deviceId\":"u8);
        json.Text(key.DeviceId);
        if (key.IsModule)
        {
            json.Raw(",\"moduleId\":"u8);
            json.Text(key.ModuleId);
        }

        json.Raw(",\"etag\":"u8);
        json.Text(ETags.Twin(state.TwinVersion));
        json.Raw(",\"version\":"u8);
        json.Number(state.TwinVersion);
        if (state.Tags is { } tags)
        {
            json.Raw(",\"tags\":"u8);
            json.Raw(tags);
        }

        json.Raw(",\"properties\":{\"desired\":"u8);
        TwinDocument.WriteSection(json, state.Desired, withVersions: true);
        json.Raw(",\"reported\":"u8);
        TwinDocument.WriteSection(json, state.Reported, withVersions: false);
        json.Raw("}}"u8);
    }
}
