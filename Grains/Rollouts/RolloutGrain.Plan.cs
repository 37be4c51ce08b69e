using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Muster.Errors;
using Muster.Gates;

namespace Muster.Rollouts;

/// <summary>From a draft to a plan that may be started.</summary>
internal sealed partial class RolloutGrain
{
    private static readonly TimeSpan PlanKeeps = TimeSpan.FromMinutes(1);
    private (string Hash, DateTimeOffset At, FoundPlan Plan)? found;

    public async Task<RolloutReply> CreateAsync(RolloutSpec spec, string author)
    {
        if (storage.RecordExists)
        {
            return new RolloutReply.Refused(new Refusal(HubErrorCode.RolloutAlreadyExists, $"The rollout {Id} exists already."));
        }

        if (RollbackIds.IsOne(Id))
        {
            return new RolloutReply.Refused(PlanErrors.Refusal([new("id", $"The id {Id} is kept for a rollout that takes another one back.")]));
        }

        if (await WhyNotPlannedAsync(spec) is { } why)
        {
            return new RolloutReply.Refused(why);
        }

        await Rollouts.AddAsync(Id);
        var now = Now;
        var draft = new RolloutState { Plan = spec, Status = RolloutStatus.Draft, Since = now, Author = author, CreatedAt = now, Groups = Fresh(spec) };
        await SaveAsync(Recorded(draft, ("", nameof(RolloutStatus.Draft)), "Create", new Because(author, null)));
        return new RolloutReply.Found(await ViewAsync());
    }

    public Task<RolloutReply> UpdateAsync(RolloutSpec spec, string author, string? ifMatch) => ActAsync(ifMatch, async () =>
    {
        var (why, before) = (await WhyNotPlannedAsync(spec), state.Spec.Release);
        why ??= await MoveAsync(RolloutSignal.Edit, new Because(author, null), next => next with
        {
            // Whoever wrote what is approved is its author.
            Author = author,
            Plan = spec,
            Groups = Fresh(spec),
            PlanHash = null,
            Release = null,
            Golden = null,
            Decisions = [],
        });
        if (why is null)
        {
            // Held by a start that did not come to its end.
            await services.Releases.UnpinAsync(before, Id);
        }

        return why;
    });

    public async Task<PlanReply> PlanAsync(int pageSize, string? continuation)
    {
        if (!storage.RecordExists)
        {
            return new PlanReply.Refused(NotFound);
        }

        if ((state.Release ?? await services.Releases.FindNewAsync(state.Spec.Release)) is not { } release)
        {
            return new PlanReply.Refused(NoRelease(state.Spec.Release));
        }

        var hash = PlanHash.Of(state.Spec, release, state.Release is null ? await services.Releases.GoldenAsync(release.Models) : state.Golden);
        if (found is not { } kept || kept.Hash != hash || Now - kept.At > PlanKeeps)
        {
            var members = new MemberFinder(Targets, state.Spec, Settings.MemberPage);
            await members.ReadAllAsync(CancellationToken.None);
            if (members.IsTooMany)
            {
                return new PlanReply.Refused(TooMany);
            }

            if (GateRules.WhyNotSites(state.Spec.Gates, members.Found.Select(static device => device.Site)) is { } why)
            {
                return new PlanReply.Refused(Refusals.Invalid(why));
            }

            found = kept = (hash, Now, FoundPlan.Of(state.Spec, release, members.Found));
        }

        var conflicts = await ConflictsAsync(kept.Plan.Ids);
        return new PlanReply.Found(kept.Plan.Page(Math.Clamp(pageSize, 0, 1000), continuation) with { Hash = hash, Conflicts = conflicts });
    }

    public Task<RolloutReply> SubmitAsync(string actor, string? ifMatch) => ActAsync(ifMatch, async () =>
    {
        if (state.Status != RolloutStatus.Draft)
        {
            return await MoveAsync(RolloutSignal.Submit, new Because(actor, null)) ?? await ApproveByNobodyAsync();
        }

        if (await services.Releases.FindNewAsync(state.Spec.Release) is not { } release)
        {
            return NoRelease(state.Spec.Release);
        }

        var golden = await services.Releases.GoldenAsync(release.Models);
        var hash = PlanHash.Of(state.Spec, release, golden);
        await ExpectLapseAsync(state with { SubmittedAt = Now });
        var why = await MoveAsync(
            RolloutSignal.Submit, new Because(actor, null), next => next with { PlanHash = hash, Release = release, Golden = golden, SubmittedAt = Now });
        return why ?? await ApproveByNobodyAsync();
    });

    public Task<RolloutReply> WithdrawAsync(string actor, string? ifMatch) => ActAsync(ifMatch, async () =>
    {
        var why = await MoveAsync(RolloutSignal.Withdraw, new Because(actor, null));
        if (why is null)
        {
            await UnpinAsync();
        }

        return why;
    });

    private async Task<Refusal?> WhyNotPlannedAsync(RolloutSpec spec)
    {
        if (!KeyRule().IsMatch(Id))
        {
            return PlanErrors.Refusal([new("id", "A rollout's id has 1 to 64 letters, digits and dashes.")]);
        }

        var errors = RolloutRules.Check(spec, services.GateOptions.Value.AllowPrivateAddresses);
        return !errors.IsEmpty ? PlanErrors.Refusal(errors)
            : await services.Releases.FindNewAsync(spec.Release) is null ? NoRelease(spec.Release) : null;
    }

    private async Task<ImmutableArray<PlanConflict>> ConflictsAsync(IReadOnlyList<string> ids)
    {
        var conflicts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var page in ids.Chunk(Settings.MemberPage))
        {
            foreach (var (rollout, devices) in await Targets.CountHeldAsync(page, CancellationToken.None))
            {
                conflicts[rollout] = conflicts.GetValueOrDefault(rollout) + devices;
            }
        }

        return [.. conflicts.Where(held => held.Key != Id).OrderByDescending(static held => held.Value).Take(100).Select(static held => new PlanConflict(held.Key, held.Value))];
    }

    private Refusal TooMany => Refusals.Invalid($"More than {state.Spec.Target.Max} devices fulfil the target's condition; the rollout allows no more.");

    private static ImmutableArray<GroupState> Fresh(RolloutSpec spec) => [.. GroupSplit.Of(spec).Select(static _ => new GroupState(GroupStatus.Pending, default))];

    private static Refusal NoRelease(string release) => new(HubErrorCode.ReleaseNotFound, $"There is no release {release} that a rollout may begin with: it has to be published, and neither deprecated nor withdrawn.");

    [GeneratedRegex("^[A-Za-z0-9-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyRule();
}
