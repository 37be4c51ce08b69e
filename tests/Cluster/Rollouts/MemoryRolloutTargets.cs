using System.Collections.Concurrent;
using System.Collections.Immutable;
using Muster.Query;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Members of rollouts in memory, as the stores keep them; remembers the most that were ever granted at once.</summary>
internal sealed class MemoryRolloutTargets : IRolloutTargets
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Rollout, string DeviceId), Member> members = [];
    private readonly Dictionary<string, long> terms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> mostGranted = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), int> mostGrantedBySite = [];
    private ImmutableSortedDictionary<string, TargetCandidate> fleet = ImmutableSortedDictionary.Create<string, TargetCandidate>(StringComparer.Ordinal);
    private Exception? nextFault;

    /// <summary>Rollouts whose members are written page by page, as the test lets them.</summary>
    internal ConcurrentDictionary<string, SemaphoreSlim> Pages { get; } = new();

    /// <summary>Puts a device into the fleet; conditions see its site alone.</summary>
    internal void Register(TargetCandidate device)
    {
        lock (gate)
        {
            fleet = fleet.SetItem(device.DeviceId, device);
        }
    }

    /// <summary>The next write takes effect, and its caller is told that it failed.</summary>
    internal void FailAfterNextWrite(Exception fault) => nextFault = fault;

    /// <summary>The most members of a rollout that ever held room at once.</summary>
    internal int MostGranted(string rollout)
    {
        lock (gate)
        {
            return mostGranted.GetValueOrDefault(rollout);
        }
    }

    internal int MostGranted(string rollout, string site)
    {
        lock (gate)
        {
            return mostGrantedBySite.GetValueOrDefault((rollout, site));
        }
    }

    internal int CountOf(string rollout, UpdateStatus status)
    {
        lock (gate)
        {
            return members.Values.Count(member => member.Rollout == rollout && member.Status == status);
        }
    }

    internal Member? Find(string rollout, string deviceId)
    {
        lock (gate)
        {
            return members.GetValueOrDefault((rollout, deviceId));
        }
    }

    /// <summary>What a device's own commit does to its member.</summary>
    internal void Step(string rollout, string deviceId, UpdateStep step)
    {
        lock (gate)
        {
            if (members.TryGetValue((rollout, deviceId), out var member) && member.Epoch <= step.Epoch)
            {
                members[(rollout, deviceId)] = member with
                {
                    Status = step.To,
                    Epoch = step.Epoch,
                    IsGranted = step.IsGranted && !step.To.IsFinal(),
                    IsReady = step.IsReady,
                    WasAttempted = member.WasAttempted || step.To is (>= UpdateStatus.Accepted and < UpdateStatus.Succeeded) or UpdateStatus.Succeeded,
                    Reason = step.Reason,
                    IsTold = true,
                };
            }
        }
    }

    public Task<long> ClaimAsync(string rollout, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(terms[rollout] = terms.GetValueOrDefault(rollout) + 1);
        }
    }

    public async Task AddAsync(RolloutTerm term, IReadOnlyList<NewTarget> targets, CancellationToken cancellationToken)
    {
        if (Pages.TryGetValue(term.Rollout, out var pages))
        {
            await pages.WaitAsync(cancellationToken);
        }

        await WriteAsync(term, () => Add(term, targets));
    }

    private int Add(RolloutTerm term, IReadOnlyList<NewTarget> targets)
    {
        foreach (var target in targets)
        {
            members.TryAdd((term.Rollout, target.DeviceId), new Member(term.Rollout, target));
        }

        return 0;
    }

    public Task<ImmutableArray<WaitingTarget>> ReadWaitingAsync(string rollout, WaitingPage page, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(Of(rollout)
                .Where(member => member.Target.Group == page.Group && member.Target.Position > page.After
                    && (page.IsReady ? member is { IsReady: true, IsGranted: false } && !member.Status.IsFinal() : member.Status == UpdateStatus.Planned))
                .OrderBy(static member => member.Target.Position).Take(page.Limit).Select(Waiting).ToImmutableArray());
        }
    }

    public Task<ImmutableArray<AdmittedTarget>> AdmitAsync(RolloutTerm term, IReadOnlyList<string> deviceIds, Admission admission, CancellationToken cancellationToken) =>
        WriteAsync(term, () =>
        {
            var admitted = ImmutableArray.CreateBuilder<AdmittedTarget>();
            foreach (var id in deviceIds)
            {
                var member = members[(term.Rollout, id)];
                if (admission == Admission.Room ? member is { IsReady: true, IsGranted: false } && !member.Status.IsFinal() : member.Status == UpdateStatus.Planned)
                {
                    members[(term.Rollout, id)] = member = admission == Admission.Room
                        ? member with { IsGranted = true, IsTold = false }
                        : member with { Status = UpdateStatus.Eligible, Epoch = member.Epoch + 1, IsGranted = admission == Admission.WithRoom, IsTold = false };
                    admitted.Add(new AdmittedTarget(id, member.Target.Group, member.Target.Site, member.Epoch, member.Target.Release));
                }
            }

            Remember(term.Rollout);
            return admitted.ToImmutable();
        });

    public Task<ImmutableArray<WaitingTarget>> ReadUntoldAsync(string rollout, string? after, int limit, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(Of(rollout)
                .Where(member => !member.IsTold && member.Status is > UpdateStatus.Planned and < UpdateStatus.Succeeded && string.CompareOrdinal(member.Target.DeviceId, after) > 0)
                .OrderBy(static member => member.Target.DeviceId, StringComparer.Ordinal).Take(limit).Select(Waiting).ToImmutableArray());
        }
    }

    public Task<int> EndAsync(RolloutTerm term, TargetEnd end, CancellationToken cancellationToken) => WriteAsync(term, () =>
    {
        var ending = Of(term.Rollout).Where(member => end.DeviceIds is { } ids
            ? ids.Contains(member.Target.DeviceId) && (member.Status == UpdateStatus.Planned || member is { Status: UpdateStatus.Eligible, IsTold: false })
            : member.Status == UpdateStatus.Planned).ToList();
        foreach (var member in ending)
        {
            members[(term.Rollout, member.Target.DeviceId)] = member with { Status = end.To, Reason = end.Reason, IsGranted = false, IsReady = false };
        }

        return ending.Count;
    });

    public Task<ImmutableArray<TargetCount>> CountAsync(string rollout, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(Of(rollout).GroupBy(static member => (member.Target.Group, member.Status, member.IsGranted, member.Reason))
                .Select(static of => new TargetCount(
                    of.Key.Group, of.Key.Status, of.Key.IsGranted, of.Key.Reason, of.Count(), of.Count(static member => member.WasAttempted),
                    of.Count(static member => member is { IsReady: true, IsGranted: false })))
                .ToImmutableArray());
        }
    }

    public Task<ImmutableArray<SiteCount>> CountSitesAsync(string rollout, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(Granted(rollout).Select(static site => new SiteCount(site.Key, site.Value)).ToImmutableArray());
        }
    }

    public Task<ImmutableArray<TargetRow>> ListAsync(string rollout, TargetPage page, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(Of(rollout)
                .Where(member => (page.Status is null || member.Status == page.Status) && string.CompareOrdinal(member.Target.DeviceId, page.After) > 0)
                .OrderBy(static member => member.Target.DeviceId, StringComparer.Ordinal).Take(page.Limit)
                .Select(static member => new TargetRow(
                    member.Target.DeviceId, member.Target.Group, member.Target.Site, member.Status, 1, member.Epoch, member.IsGranted, member.WasAttempted, member.Reason,
                    member.Target.Release, null))
                .ToImmutableArray());
        }
    }

    public Task<ImmutableArray<(string Rollout, int Devices)>> CountHeldAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            var ids = deviceIds.ToHashSet();
            return Task.FromResult(members.Values.Where(member => ids.Contains(member.Target.DeviceId) && !member.Status.IsFinal())
                .CountBy(static member => member.Rollout).Select(static held => (held.Key, held.Value)).ToImmutableArray());
        }
    }

    public Task<ImmutableArray<(string Rollout, TargetRow Member)>> ReadHeldAsync(string deviceId, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<TargetCandidate>> FindAsync(TwinQuery query, CandidatePage page, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(fleet.Values
                .Where(device => string.CompareOrdinal(device.DeviceId, page.After) > 0 && Fulfils(query, device) && (page.DeviceIds?.Contains(device.DeviceId) ?? true))
                .Take(page.Limit)
                .Select(device => device with
                {
                    Site = page.SiteTag is null ? "" : device.Site,
                    Group = page.GroupConditions.Select((condition, i) => Fulfils(condition, device) ? i : -1).FirstOrDefault(static i => i >= 0, -1),
                })
                .ToImmutableArray());
        }
    }

    private static bool Fulfils(TwinQuery query, TargetCandidate device) => query.Where switch
    {
        null => true,
        QueryExpression.Compare { Right: QueryExpression.Constant { Value: QueryConstant.Text site } } => device.Site == site.Value,
        var other => throw new NotSupportedException($"{other}"),
    };

    private static WaitingTarget Waiting(Member member) => new(
        member.Target.DeviceId, member.Target.Group, member.Target.Position, member.Target.Site, member.Epoch, member.Target.Release, member.IsGranted);

    private IEnumerable<Member> Of(string rollout) => members.Values.Where(member => member.Rollout == rollout);

    private Dictionary<string, int> Granted(string rollout) => Of(rollout).Where(static member => member.IsGranted && !member.Status.IsFinal())
        .CountBy(static member => member.Target.Site).ToDictionary();

    private void Remember(string rollout)
    {
        var granted = Granted(rollout);
        mostGranted[rollout] = Math.Max(mostGranted.GetValueOrDefault(rollout), granted.Values.Sum());
        foreach (var (site, count) in granted)
        {
            mostGrantedBySite[(rollout, site)] = Math.Max(mostGrantedBySite.GetValueOrDefault((rollout, site)), count);
        }
    }

    private Task<T> WriteAsync<T>(RolloutTerm term, Func<T> write)
    {
        lock (gate)
        {
            if (terms.GetValueOrDefault(term.Rollout) != term.Term)
            {
                return Task.FromException<T>(new StaleTermException(term.Rollout));
            }

            var result = write();
            return Interlocked.Exchange(ref nextFault, null) is { } fault ? Task.FromException<T>(fault) : Task.FromResult(result);
        }
    }

    internal sealed record Member(string Rollout, NewTarget Target)
    {
        internal UpdateStatus Status { get; init; } = UpdateStatus.Planned;

        internal int Epoch { get; init; }

        internal bool IsGranted { get; init; }

        internal bool IsReady { get; init; }

        internal bool WasAttempted { get; init; }

        internal bool IsTold { get; init; } = true;

        internal string? Reason { get; init; }
    }
}
