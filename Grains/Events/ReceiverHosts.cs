using Muster.Placement;
using Orleans.Runtime.Services;

namespace Muster.Events;

/// <summary>Reaches the receiver links of a silo.</summary>
internal interface IReceiverHosts
{
    IReceiverHost At(SiloAddress silo);

    /// <summary>True if the silo has left the cluster, or was restarted: its links are gone.</summary>
    bool IsDead(SiloAddress silo);
}

internal sealed class ReceiverHosts(IServiceProvider services, SiloMembership view) : GrainServiceClient<IReceiverHost>(services), IReceiverHosts
{
    public IReceiverHost At(SiloAddress silo) => GetGrainService(silo);

    public bool IsDead(SiloAddress silo) => view.FateOf(silo) == SiloFate.Dead;
}
