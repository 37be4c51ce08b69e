using System.Collections.Immutable;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Who the members are.</summary>
internal sealed partial class RolloutGrain
{
    private const int PagesPerStep = 4;
    private MemberFinder? finder;
    private Membership? members;
    private HashSet<string>? known;
    private DateTimeOffset joinedAt;

    private async Task<bool> WriteMembersAsync()
    {
        // Devices of the first groups may be under way, before a restart too.
        if (await LookAsync())
        {
            return true;
        }

        if (members is null)
        {
            return await FindMembersAsync();
        }

        for (var page = 0; page < PagesPerStep && !members.IsWritten; page++)
        {
            await members.WriteAsync(Targets, await LeadAsync(), Settings.MemberPage);
        }

        Recount();
        if (members.IsWritten)
        {
            (known, joinedAt) = (MayGrow ? members.Ids.ToHashSet(StringComparer.Ordinal) : null, Now);
            var isEmpty = !members.Ids.Any();
            (members, finder) = (null, null);
            await MoveAsync(RolloutSignal.MembersWritten, Because.Engine(isEmpty && !MayGrow ? "No device fulfils the target's condition." : null));
            return true;
        }

        // The first group need not wait until the last one is there.
        if ((members.FirstOpenGroup > 0 && await OpenFirstAsync()) || await LookAsync())
        {
            return true;
        }

        // A halt that fired already holds the rollout as soon as everyone is written down.
        if (state.Fired.IsEmpty)
        {
            await AdmitAsync();
        }

        return true;
    }

    private async Task<bool> FindMembersAsync()
    {
        if (state.IsRollback)
        {
            members = Membership.Of(await ReadSourceAsync());
            await PutPlanAsync();
            return true;
        }

        finder ??= new MemberFinder(Targets, state.Spec, Settings.MemberPage);
        for (var page = 0; page < PagesPerStep && !finder.IsDone; page++)
        {
            await finder.ReadAsync(CancellationToken.None);
        }

        if (finder.IsTooMany)
        {
            finder = null;
            await MoveAsync(RolloutSignal.Abort, Because.Engine(TooMany.Message));
        }
        else if (finder.IsDone && GateRules.WhyNotSites(state.Spec.Gates, finder.Found.Select(static found => found.Site)) is { } why)
        {
            finder = null;
            await MoveAsync(RolloutSignal.Abort, Because.Engine(why));
        }
        else if (finder.IsDone)
        {
            await PutPlanAsync();
            members = Membership.Of(state.Spec, finder.Found);
        }

        return true;
    }

    /// <summary>Gives those who fulfil the condition of a continuous rollout by now, or those whom this one is to take back by now, to the last group.</summary>
    private async Task JoinAsync(bool isLastTime = false)
    {
        if (!MayGrow || (!isLastTime && Now - joinedAt < (state.IsRollback ? SourceEvery : Settings.JoinEvery)))
        {
            return;
        }

        known ??= await ReadKnownAsync();
        var found = state.IsRollback ? await ReadSourceAsync() : await ReadCandidatesAsync();
        var position = Now.UtcTicks;
        var room = state.IsRollback ? int.MaxValue : Math.Max(0, state.Spec.Target.Max - known.Count);
        var joining = found.Where(candidate => !known.Contains(candidate.DeviceId)).Take(room)
            .Select(candidate => new NewTarget(candidate.DeviceId, Groups.Length - 1, position++, candidate.Site, null)).ToList();
        foreach (var page in joining.Chunk(Settings.MemberPage))
        {
            await Targets.AddAsync(await LeadAsync(), page, CancellationToken.None);
            known.UnionWith(page.Select(static target => target.DeviceId));
            Recount();
        }

        joinedAt = Now;
    }

    private async Task<List<(string DeviceId, string Site, int Group)>> ReadCandidatesAsync()
    {
        var again = new MemberFinder(Targets, state.Spec, Settings.MemberPage);
        await again.ReadAllAsync(CancellationToken.None);
        return [.. again.Found.Select(static found => (found.DeviceId, found.Site, found.Group))];
    }

    private async Task<HashSet<string>> ReadKnownAsync()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var row in ReadMembersAsync(Id, null))
        {
            ids.Add(row.DeviceId);
        }

        return ids;
    }

    private async IAsyncEnumerable<TargetRow> ReadMembersAsync(string rollout, UpdateStatus? status)
    {
        ImmutableArray<TargetRow> page;
        string? after = null;
        do
        {
            page = await Targets.ListAsync(rollout, new TargetPage(status, after, 1000), CancellationToken.None);
            foreach (var row in page)
            {
                yield return row;
            }

            after = page.IsEmpty ? after : page[^1].DeviceId;
        }
        while (page.Length == 1000);
    }

    private bool IsLive => state.Status.IsLive();
}
