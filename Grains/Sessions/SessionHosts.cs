using Orleans.Runtime.Services;

namespace Muster.Sessions;

/// <summary>Reaches the session host of a silo.</summary>
internal interface ISessionHosts
{
    ISessionHost At(SiloAddress silo);

    /// <summary>False if the silo has left the cluster, or was restarted: its sessions are gone, without a call.</summary>
    bool IsAlive(SiloAddress silo);
}

internal sealed class SessionHosts(IServiceProvider services, IClusterMembershipService membership)
    : GrainServiceClient<ISessionHost>(services), ISessionHosts
{
    public ISessionHost At(SiloAddress silo) => GetGrainService(silo);

    public bool IsAlive(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) && member.Status is not (SiloStatus.Dead or SiloStatus.None);
}
