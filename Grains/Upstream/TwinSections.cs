using System.Runtime.InteropServices;
using System.Text.Json;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;

namespace Muster.Upstream;

/// <summary>
/// Reads the sections of twins of the upstream hub. Times of properties are kept to the millisecond, as <see cref="TwinMetadata"/> has them, and the section's
/// with them.
/// </summary>
internal static class TwinSections
{
    /// <summary>Compact; null for none.</summary>
    /// <exception cref="InvalidDataException">This hub could not hold them.</exception>
    internal static byte[]? ReadTags(JsonElement twin) =>
        UpstreamJson.Member(twin, "tags") is { } tags && Compact(tags, TwinPart.Tags) is { Length: > 2 } json ? json : null;

    /// <summary>One section, whole, with its versions and the times of its properties.</summary>
    /// <exception cref="InvalidDataException">This hub could not hold it.</exception>
    internal static TwinSection Read(JsonElement properties, string name)
    {
        if (UpstreamJson.Member(properties, name) is not { } section)
        {
            return TwinSection.Empty;
        }

        var json = Compact(section, name == "desired" ? TwinPart.Desired : TwinPart.Reported);
        var metadata = UpstreamJson.Member(section, "$metadata") ?? default;
        var version = UpstreamJson.Number(section, "$version") ?? 1;
        DateTimeOffset? updatedAt = UpstreamJson.Time(metadata, "$lastUpdated") is { } time ? TwinMetadata.Truncate(time) : null;
        if (json.Length <= 2)
        {
            return new TwinSection { Version = version, UpdatedAt = updatedAt };
        }

        updatedAt ??= DateTimeOffset.UnixEpoch;
        using var document = JsonDocument.Parse(json, UpstreamJson.Options);
        var packed = new PooledBytes(128);
        try
        {
            Pack(document.RootElement, metadata, (updatedAt.Value, version), ref packed);
            return new TwinSection { Json = json, Metadata = packed.Written.ToArray(), Version = version, UpdatedAt = updatedAt };
        }
        finally
        {
            packed.Dispose();
        }
    }

    /// <summary>The section or patch of one as we write it, without <c>$version</c> and <c>$metadata</c>.</summary>
    /// <exception cref="InvalidDataException">This hub could not hold it.</exception>
    internal static byte[] Compact(JsonElement section, TwinPart part)
    {
        using var reader = new TwinReader(JsonMarshal.GetRawUtf8Value(section), part);
        return reader.Read() is { } problem
            ? throw new InvalidDataException($"The upstream hub has a twin that this one cannot hold: {problem}")
            : reader.Compact.ToArray();
    }

    private static void Pack(JsonElement members, JsonElement metadata, (DateTimeOffset UpdatedAt, long Version) section, ref PooledBytes to)
    {
        foreach (var member in members.EnumerateObject())
        {
            var stamp = UpstreamJson.Member(metadata, member.Name) ?? default;
            var at = UpstreamJson.Time(stamp, "$lastUpdated") is { } time ? TwinMetadata.Truncate(time) : section.UpdatedAt;
            Varint(Math.Max(0, (long)(section.UpdatedAt - at).TotalMilliseconds), ref to);
            Varint(Math.Max(0, section.Version - (UpstreamJson.Number(stamp, "$lastUpdatedVersion") ?? section.Version)), ref to);
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                Pack(member.Value, stamp, section, ref to);
            }
        }
    }

    private static void Varint(long value, ref PooledBytes to)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.Write((byte)(value | 0x80));
        }

        to.Write((byte)value);
    }
}
