using Muster.CloudToDevice;
using Muster.Devices;

namespace Muster.Upstream;

/// <summary>
/// What a row that mirrors a device of the upstream hub remembers of it. In the row it is packed: version (1 byte), flags (1), applied and observed sequence
/// (8 each), when the connection changed (8, ticks, 0 for never), twin etag, identity etag.
/// </summary>
internal sealed record UpstreamMark
{
    private const byte Version = 1;
    private const byte Connected = 1;
    private const int FixedBytes = 2 + 8 + 8 + 8;

    internal static UpstreamMark None { get; } = new();

    /// <summary>The upstream twin's own etag; null where an event raised the version, which does not say it.</summary>
    internal string? TwinETag { get; init; }

    internal string? IdentityETag { get; init; }

    /// <summary>Sequence number of the last event of twin, life or connection that was applied; -1 if none was.</summary>
    internal long AppliedSequence { get; init; } = -1;

    /// <summary>Sequence number of the last telemetry that was applied; -1 if none was.</summary>
    internal long ObservedSequence { get; init; } = -1;

    internal bool IsConnected { get; init; }

    /// <summary>UTC, the upstream hub's clock; null if it never connected.</summary>
    internal DateTimeOffset? ConnectionChangedAt { get; init; }

    /// <summary>Null if the row is no mirror.</summary>
    internal static UpstreamMark? Of(DeviceState? state) => state?.Upstream is { } packed ? Unpack(packed) : null;

    /// <summary>Without unpacking: asked of every row that is shown or stored.</summary>
    internal static bool SaysConnected(byte[]? packed) => packed is { Length: > 1 } && (packed[1] & Connected) != 0;

    internal static UpstreamMark Unpack(ReadOnlySpan<byte> packed)
    {
        var reader = new ByteReader(packed);
        if (reader.Byte() != Version)
        {
            throw new InvalidDataException("The row was written by a newer version.");
        }

        return new UpstreamMark
        {
            IsConnected = (reader.Byte() & Connected) != 0,
            AppliedSequence = reader.Number64(),
            ObservedSequence = reader.Number64(),
            ConnectionChangedAt = reader.Number64() is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
            TwinETag = reader.Text(),
            IdentityETag = reader.Text(),
        };
    }

    internal byte[] Pack()
    {
        var packed = new byte[FixedBytes + ByteWriter.SizeOf(TwinETag) + ByteWriter.SizeOf(IdentityETag)];
        var writer = new ByteWriter(packed);
        writer.Byte(Version);
        writer.Byte(IsConnected ? Connected : (byte)0);
        writer.Number64(AppliedSequence);
        writer.Number64(ObservedSequence);
        writer.Number64(ConnectionChangedAt?.UtcTicks ?? 0);
        writer.Text(TwinETag);
        writer.Text(IdentityETag);
        return packed;
    }
}
