using System.Text;

namespace Muster.Telemetry;

/// <summary>Which partition an id belongs to. Part of the contract: stored offsets and placement depend on it, so it never changes.</summary>
public static class PartitionHash
{
    /// <summary>Virtual partitions, for placement, pumps and scanners.</summary>
    public const int VirtualPartitions = 1024;

    /// <summary>Partitions of the event log (32, as the largest IoT Hub has).</summary>
    public const int EventPartitions = 32;

    /// <summary>0 to 1023. A module shares its device's partition, so that the order of what a device and its modules say is kept.</summary>
    public static int VirtualPartition(string deviceId)
    {
        Span<byte> utf8 = stackalloc byte[512];
        var length = deviceId.Length <= 128 ? Encoding.UTF8.GetBytes(deviceId, utf8) : throw new ArgumentOutOfRangeException(nameof(deviceId));
        return VirtualPartition(utf8[..length]);
    }

    /// <summary>The same from the UTF-8 of the device id.</summary>
    public static int VirtualPartition(ReadOnlySpan<byte> utf8)
    {
        // FNV-1a over UTF-8 with murmur's finaliser: the low bits of plain FNV are too regular for ids that differ in the last digit.
        var hash = 14695981039346656037UL;
        foreach (var b in utf8)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return (int)((hash ^ (hash >> 33)) % VirtualPartitions);
    }

    /// <summary>0 to 31.</summary>
    public static int EventPartition(string deviceId) => VirtualPartition(deviceId) % EventPartitions;
}
