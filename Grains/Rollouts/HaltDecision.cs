using System.Collections.Immutable;

namespace Muster.Rollouts;

/// <summary>Where counting began: an operator who lets a halted rollout go on lets it be measured anew.</summary>
[GenerateSerializer, Immutable, Alias("muster.HaltBaseline")]
internal readonly record struct HaltBaseline
{
    [Id(0)] public int Attempted { get; init; }

    [Id(1)] public int Failed { get; init; }

    [Id(2)] public int Critical { get; init; }

    [Id(3)] public int Unreached { get; init; }

    [Id(4)] public int Ended { get; init; }

    internal static HaltBaseline Of(Tally tally) =>
        new() { Attempted = tally.Attempted, Failed = tally.Failed, Critical = tally.Critical, Unreached = tally.Unreached, Ended = tally.Ended };
}

/// <summary>How far a rule is from firing.</summary>
/// <param name="Value">In the rule's unit.</param>
/// <param name="Missing">Devices before it is looked at.</param>
internal readonly record struct HaltReading(double Value, int Missing, bool Fires);

/// <summary>Whether a rollout has to stop by itself. Pure arithmetic.</summary>
internal static class HaltDecision
{
    /// <param name="rule">The rule.</param>
    /// <param name="tally">Of the whole rollout.</param>
    /// <param name="baseline">Where counting began.</param>
    /// <param name="inARow">Failed devices since the last verified one.</param>
    internal static HaltReading Read(HaltRule rule, Tally tally, HaltBaseline baseline, int inARow)
    {
        var failed = Math.Max(0, tally.Failed - baseline.Failed);
        return rule.Kind switch
        {
            HaltKind.FailedPercent => Percent(rule, failed, Math.Max(failed, tally.Attempted - baseline.Attempted)),
            HaltKind.UnreachablePercent => Percent(rule, Math.Max(0, tally.Unreached - baseline.Unreached), Math.Max(0, tally.Ended - baseline.Ended)),
            HaltKind.FailedCount => Number(rule, failed),
            HaltKind.Critical => Number(rule, Math.Max(0, tally.Critical - baseline.Critical)),
            HaltKind.Consecutive => Number(rule, inARow),

            // A rule that this program does not know must not be one that never fires.
            _ => new HaltReading(double.NaN, 0, true),
        };
    }

    /// <summary>The rule with the strongest action of those that fire, by its index; -1 if none does.</summary>
    internal static int Strongest(ImmutableArray<HaltRule> rules, Func<HaltRule, HaltReading> read) =>
        Enumerable.Range(0, rules.Length).Where(i => read(rules[i]).Fires).OrderByDescending(i => rules[i].Action).ThenBy(static i => i).FirstOrDefault(-1);

    private static HaltReading Number(HaltRule rule, int value) => new(value, 0, value > rule.Limit);

    private static HaltReading Percent(HaltRule rule, int part, int whole) =>
        new(whole == 0 ? 0 : 100.0 * part / whole, Math.Max(0, rule.MinSample - whole), whole >= rule.MinSample && part * 100.0 > rule.Limit * whole);
}
