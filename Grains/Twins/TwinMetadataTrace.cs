using Muster.Json;

namespace Muster.Twins;

/// <summary>Follows a merge and packs the metadata of its result: what was touched is new, with its parents; the rest grows older.</summary>
internal ref struct TwinMetadataTrace : IMergeTrace
{
    private readonly long elapsedMilliseconds;
    private readonly long elapsedVersions;
    private TwinMetadataReader old;
    private PooledBytes packed;

    /// <param name="old">The metadata of the target; null if it has no members.</param>
    /// <param name="elapsedMilliseconds">From the section's last change to this one.</param>
    /// <param name="elapsedVersions">From the section's version to the next.</param>
    public TwinMetadataTrace(byte[]? old, long elapsedMilliseconds, long elapsedVersions)
    {
        this.old = new TwinMetadataReader(old);
        this.elapsedMilliseconds = elapsedMilliseconds;
        this.elapsedVersions = elapsedVersions;
        packed = new PooledBytes((old?.Length ?? 0) + 128);
    }

    public void Keep(ReadOnlySpan<byte> value)
    {
        for (var left = 1 + CompactObject.CountDeep(value); left > 0; left--)
        {
            var (age, versionsAgo) = old.Next();
            Varint(age + elapsedMilliseconds);
            Varint(versionsAgo + elapsedVersions);
        }
    }

    public void Drop(ReadOnlySpan<byte> value)
    {
        for (var left = 1 + CompactObject.CountDeep(value); left > 0; left--)
        {
            old.Next();
        }
    }

    public void Enter()
    {
        old.Next();
        Set();
    }

    public void Set()
    {
        Varint(0);
        Varint(0);
    }

    /// <summary>What was packed; null if there is no member.</summary>
    public readonly byte[]? ToArray() => packed.Length == 0 ? null : packed.Written.ToArray();

    public readonly void Dispose() => packed.Dispose();

    private void Varint(long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            packed.Write((byte)(value | 0x80));
        }

        packed.Write((byte)value);
    }
}

/// <summary>Reads packed entries, one after the other.</summary>
internal ref struct TwinMetadataReader(ReadOnlySpan<byte> packed)
{
    private ReadOnlySpan<byte> rest = packed;

    public (long AgeMilliseconds, long VersionsAgo) Next() => (Varint(), Varint());

    private long Varint()
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var b = rest[0];
            rest = rest[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return (long)value;
            }
        }
    }
}
