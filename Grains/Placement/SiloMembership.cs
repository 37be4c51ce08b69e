using Microsoft.Extensions.Hosting;

namespace Muster.Placement;

/// <summary>The membership as this silo sees it, with what follows from it. Thread-safe.</summary>
public sealed class SiloMembership
{
    private readonly IClusterMembershipService membership;
    private TaskCompletionSource change = NewChange();
    private View view;

    public SiloMembership(IClusterMembershipService membership, ILocalSiloDetails local)
    {
        ArgumentNullException.ThrowIfNull(local);
        this.membership = membership;
        Local = local;
        view = new View(MembershipVersion.MinValue, PartitionOwners.Of([]));
    }

    /// <summary>This silo.</summary>
    public ILocalSiloDetails Local { get; }

    /// <summary>The map of the active silos.</summary>
    public PartitionOwners Owners
    {
        get
        {
            var (seen, snapshot) = (Volatile.Read(ref view), membership.CurrentSnapshot);
            if (seen.Version != snapshot.Version)
            {
                Volatile.Write(ref view, seen = new View(snapshot.Version, PartitionOwners.Of(ActiveNames(snapshot))));
            }

            return seen.Owners;
        }
    }

    /// <summary>Completes with the next change of the membership.</summary>
    public Task NextChange => Volatile.Read(ref change).Task;

    /// <summary>The active silos with their names.</summary>
    public IReadOnlyDictionary<SiloAddress, string> Active => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status == SiloStatus.Active).ToDictionary(member => member.SiloAddress, member => member.Name);

    /// <summary>The silos that are not dead, also those that start or leave, with their names.</summary>
    public IReadOnlyDictionary<SiloAddress, string> Living => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status != SiloStatus.Dead).ToDictionary(member => member.SiloAddress, member => member.Name);

    /// <summary>Whether this run of the silo is a member, is dead, or is not known to this view.</summary>
    public SiloFate FateOf(SiloAddress silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return membership.CurrentSnapshot.Members.TryGetValue(silo, out var member)
            ? member.Status == SiloStatus.Dead ? SiloFate.Dead : SiloFate.Member
            : SiloFates.Of(silo, membership.CurrentSnapshot.Members.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Status)));
    }

    /// <summary>
    /// Whether this run of the silo has ended. What this view does not know is looked up in the membership table itself: who wrote a row before
    /// this call was a member by then, so that one which the table does not know was forgotten.
    /// </summary>
    public async Task<bool> IsDeadAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        var fate = FateOf(silo);
        if (fate == SiloFate.Unknown)
        {
            await membership.Refresh(default, cancellationToken);
            fate = FateOf(silo);
            return fate != SiloFate.Member;
        }

        return fate == SiloFate.Dead;
    }

    internal IAsyncEnumerable<ClusterMembershipSnapshot> Updates => membership.MembershipUpdates;

    internal void Changed() => Interlocked.Exchange(ref change, NewChange()).SetResult();

    private static IEnumerable<string> ActiveNames(ClusterMembershipSnapshot snapshot) =>
        snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.Name);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record View(MembershipVersion Version, PartitionOwners Owners);
}

/// <summary>Tells those who wait that the membership changed.</summary>
internal sealed class MembershipWatch(SiloMembership view) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var _ in view.Updates.WithCancellation(stoppingToken))
            {
                view.Changed();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
