using Muster.Devices;
using Muster.Telemetry;

namespace Muster.Placement;

/// <summary>Which silo has each virtual partition, for one set of members. Immutable.</summary>
public sealed class PartitionOwners
{
    private readonly string[] owners;

    private PartitionOwners(string[] owners) => this.owners = owners;

    /// <param name="siloNames">The active silos, in any order; none: nobody owns anything.</param>
    public static PartitionOwners Of(IEnumerable<string> siloNames)
    {
        var names = siloNames.Order(StringComparer.Ordinal).ToArray();
        return new([.. Enumerable.Range(0, PartitionHash.VirtualPartitions).Select(partition => names.Length == 0 ? "" : names[PartitionMap.OwnerOf(partition, names)])]);
    }

    /// <summary>The owner's name; empty if there is none.</summary>
    public string OwnerOf(int partition) => owners[partition];

    /// <summary>The owner of a device's or module's partition; any for a key that nobody could register.</summary>
    public string OwnerOf(string grainKey) => owners[PartitionOf(grainKey)];

    /// <summary>The virtual partitions of one silo, ascending.</summary>
    public int[] PartitionsOf(string siloName) => [.. Enumerable.Range(0, owners.Length).Where(partition => owners[partition] == siloName)];

    /// <summary>0 for a key that nobody could register.</summary>
    internal static int PartitionOf(string grainKey) =>
        DeviceKey.TryParse(grainKey, provider: null, out var device) ? PartitionHash.VirtualPartition(device.DeviceId) : 0;
}
