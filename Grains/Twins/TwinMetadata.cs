using Muster.Devices;
using Muster.Json;

namespace Muster.Twins;

/// <summary>
/// When and in which version each property was last set. Packed, since a million devices keep theirs in memory: for each member of the
/// section and of the objects in it, in document order, two varints: how long before the section's <c>UpdatedAt</c> (in milliseconds) and how
/// many versions before its <c>Version</c>. A property that was just set takes two bytes.
/// </summary>
internal static class TwinMetadata
{
    /// <summary>Times are kept to the millisecond.</summary>
    internal static DateTimeOffset Truncate(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    /// <summary>Writes <c>$metadata</c> of the section; <paramref name="withVersions"/> for desired properties.</summary>
    internal static void Write(JsonOut json, TwinSection section, bool withVersions)
    {
        json.Raw("{"u8);
        WriteStamp(json, section.UpdatedAt, withVersions && section.UpdatedAt is not null ? section.Version : null);
        if (section.Json is { } members)
        {
            var entries = new TwinMetadataReader(section.Metadata);
            WriteMembers(json, members, ref entries, (section.UpdatedAt ?? default, section.Version, withVersions));
        }

        json.Raw("}"u8);
    }

    private static void WriteMembers(
        JsonOut json, ReadOnlySpan<byte> value, ref TwinMetadataReader entries, (DateTimeOffset UpdatedAt, long Version, bool Show) section)
    {
        for (var members = new CompactObject(value); members.MoveNext();)
        {
            var (age, versionsAgo) = entries.Next();
            json.Raw(",\""u8);
            json.Raw(members.Key);
            json.Raw("\":{"u8);
            WriteStamp(json, section.UpdatedAt.AddMilliseconds(-age), section.Show ? section.Version - versionsAgo : null);
            if (members.IsObject)
            {
                WriteMembers(json, members.Value, ref entries, section);
            }

            json.Raw("}"u8);
        }
    }

    /// <summary><c>$lastUpdated</c>, and <c>$lastUpdatedVersion</c> where there is a version.</summary>
    internal static void WriteStamp(JsonOut json, DateTimeOffset? updatedAt, long? version)
    {
        json.Raw("\"$lastUpdated\":"u8);
        json.Time(updatedAt);
        if (version is { } known)
        {
            json.Raw(",\"$lastUpdatedVersion\":"u8);
            json.Number(known);
        }
    }
}
