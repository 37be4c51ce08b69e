using Muster.Placement;
using Orleans.Runtime.Services;

namespace Muster.Sessions;

/// <summary>Reaches the session host of a silo.</summary>
internal interface ISessionHosts
{
    ISessionHost At(SiloAddress silo);

    /// <summary>True if the silo has left the cluster, or was restarted: its sessions are gone, without a call.</summary>
    bool IsDead(SiloAddress silo);
}

internal sealed class SessionHosts(IServiceProvider services, SiloMembership view)
    : GrainServiceClient<ISessionHost>(services), ISessionHosts
{
    public ISessionHost At(SiloAddress silo) => GetGrainService(silo);

    // A silo that this view has not heard of may have joined just now: its sessions are asked, not given up.
    public bool IsDead(SiloAddress silo) => view.FateOf(silo) == SiloFate.Dead;
}
