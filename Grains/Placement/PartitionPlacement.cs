using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Muster.Placement;

/// <summary>A device and its modules live on the silo that has their partition, see <see cref="PartitionMap"/>.</summary>
[GenerateSerializer, Immutable, Alias("muster.PartitionPlacement")]
internal sealed class PartitionPlacement : PlacementStrategy
{
    internal static PartitionPlacement Instance { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class PartitionPlacementAttribute() : PlacementAttribute(PartitionPlacement.Instance);

internal sealed class PartitionPlacementDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (silos.Length == 1)
        {
            return Task.FromResult(silos[0]);
        }

        return Task.FromResult(IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? Owner(target.GrainIdentity, silos));
    }

    private SiloAddress Owner(GrainId grain, SiloAddress[] silos)
    {
        var members = membership.CurrentSnapshot.Members;
        var names = Array.ConvertAll(silos, silo => members.TryGetValue(silo, out var member) ? member.Name : silo.ToString());
        return silos[PartitionMap.OwnerOf(PartitionOwners.PartitionOf(grain.Key.ToString()!), names)];
    }
}
