using Muster.Devices;
using Muster.Telemetry;

namespace Muster.Placement;

/// <summary>The device grains that live on this silo, by virtual partition. Thread-safe.</summary>
internal sealed class DeviceActivations
{
    private readonly HashSet<DeviceGrain>?[] partitions = new HashSet<DeviceGrain>?[PartitionHash.VirtualPartitions];
    private readonly Lock[] gates = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    internal void Add(DeviceGrain grain)
    {
        var partition = PartitionOwners.PartitionOf(grain.GrainKey);
        lock (GateOf(partition))
        {
            (partitions[partition] ??= []).Add(grain);
        }
    }

    internal void Remove(DeviceGrain grain)
    {
        var partition = PartitionOwners.PartitionOf(grain.GrainKey);
        lock (GateOf(partition))
        {
            partitions[partition]?.Remove(grain);
        }
    }

    /// <summary>The keys of those in the partition that have no session, as they are now.</summary>
    internal string[] WithoutSession(int partition)
    {
        lock (GateOf(partition))
        {
            return partitions[partition] is { } grains ? [.. grains.Where(static grain => !grain.HasSession).Select(static grain => grain.GrainKey)] : [];
        }
    }

    private Lock GateOf(int partition) => gates[partition % gates.Length];
}
