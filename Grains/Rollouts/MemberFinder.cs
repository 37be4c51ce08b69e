using Muster.Query;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Reads page by page which devices a plan is for.</summary>
internal sealed class MemberFinder
{
    private readonly IRolloutTargets targets;
    private readonly RolloutSpec spec;
    private readonly TwinQuery query;
    private readonly CandidatePage first;
    private readonly List<TargetCandidate> found = [];
    private string? after;

    internal MemberFinder(IRolloutTargets targets, RolloutSpec spec, int page)
    {
        (this.targets, this.spec) = (targets, spec);
        query = RolloutRules.QueryOf(spec.Target.Condition);
        var conditions = GroupSplit.Of(spec).Where(static group => group.Condition is not null).Select(static group => RolloutRules.QueryOf(group.Condition!));
        var excludeTag = string.IsNullOrEmpty(spec.Target.ExcludeTag) ? null : spec.Target.ExcludeTag;
        first = new CandidatePage(spec.Budget?.Tag, excludeTag, [.. conditions], spec.Target.Devices.IsEmpty ? null : spec.Target.Devices, null, page);
    }

    /// <summary>By id.</summary>
    internal IReadOnlyList<TargetCandidate> Found => found;

    internal bool IsDone { get; private set; }

    /// <summary>True if more than the plan allows fulfil its condition.</summary>
    internal bool IsTooMany => found.Count > spec.Target.Max;

    internal async Task ReadAsync(CancellationToken cancellationToken)
    {
        var page = await targets.FindAsync(query, first with { After = after }, cancellationToken);
        found.AddRange(page);
        IsDone = page.Length < first.Limit || IsTooMany;
        after = page.IsEmpty ? after : page[^1].DeviceId;
    }

    internal async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        while (!IsDone)
        {
            await ReadAsync(cancellationToken);
        }
    }
}
