using System.Collections.Immutable;
using Muster.Query;
using Muster.Updates;

namespace Muster.KillPoints;

/// <summary>Members: what a rollout itself writes of devices that have not taken it up.</summary>
internal sealed class WatchedTargets(IRolloutTargets inner, Executioner executioner) : IRolloutTargets
{
    public async Task AddAsync(RolloutTerm term, IReadOnlyList<NewTarget> targets, CancellationToken cancellationToken)
    {
        executioner.Pass(UpdateStatus.Planned, KillMoment.BeforeRecord);
        await inner.AddAsync(term, targets, cancellationToken);
        executioner.Pass(UpdateStatus.Planned, KillMoment.AfterRecord);
    }

    public async Task<ImmutableArray<AdmittedTarget>> AdmitAsync(RolloutTerm term, IReadOnlyList<string> deviceIds, Admission admission, CancellationToken cancellationToken)
    {
        executioner.Pass(UpdateStatus.Eligible, KillMoment.BeforeRecord);
        var admitted = await inner.AdmitAsync(term, deviceIds, admission, cancellationToken);
        executioner.Pass(UpdateStatus.Eligible, KillMoment.AfterRecord);
        return admitted;
    }

    public async Task<int> EndAsync(RolloutTerm term, TargetEnd end, CancellationToken cancellationToken)
    {
        executioner.Pass(end.To, KillMoment.BeforeRecord);
        var ended = await inner.EndAsync(term, end, cancellationToken);
        executioner.Pass(end.To, KillMoment.AfterRecord);
        return ended;
    }

    public Task<long> ClaimAsync(string rollout, CancellationToken cancellationToken) => inner.ClaimAsync(rollout, cancellationToken);

    public Task<ImmutableArray<WaitingTarget>> ReadWaitingAsync(string rollout, WaitingPage page, CancellationToken cancellationToken) => inner.ReadWaitingAsync(rollout, page, cancellationToken);

    public Task<ImmutableArray<WaitingTarget>> ReadUntoldAsync(string rollout, string? after, int limit, CancellationToken cancellationToken) =>
        inner.ReadUntoldAsync(rollout, after, limit, cancellationToken);

    public Task<ImmutableArray<TargetCount>> CountAsync(string rollout, CancellationToken cancellationToken) => inner.CountAsync(rollout, cancellationToken);

    public Task<ImmutableArray<SiteCount>> CountSitesAsync(string rollout, CancellationToken cancellationToken) => inner.CountSitesAsync(rollout, cancellationToken);

    public Task<ImmutableArray<TargetRow>> ListAsync(string rollout, TargetPage page, CancellationToken cancellationToken) => inner.ListAsync(rollout, page, cancellationToken);

    public Task<ImmutableArray<(string Rollout, int Devices)>> CountHeldAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken) => inner.CountHeldAsync(deviceIds, cancellationToken);

    public Task<ImmutableArray<(string Rollout, TargetRow Member)>> ReadHeldAsync(string deviceId, int limit, CancellationToken cancellationToken) => inner.ReadHeldAsync(deviceId, limit, cancellationToken);

    public Task<ImmutableArray<TargetCandidate>> FindAsync(TwinQuery query, CandidatePage page, CancellationToken cancellationToken) => inner.FindAsync(query, page, cancellationToken);
}
