using Muster.Updates;

namespace Muster.Gates;

/// <summary>
/// How a gate opens, stays open and is closed. Pure. It fails closed: what is not said in so many words, or too late, opens nothing; and whoever was asked is told when it
/// is over, until he says that he heard.
/// </summary>
internal static class GateMachine
{
    /// <summary>After which a call that was not answered is made again.</summary>
    internal static readonly TimeSpan CallTime = TimeSpan.FromSeconds(30);

    /// <summary>The actor of what the hub itself says of a gate; no principal is called so (<c>PrincipalNames</c>).</summary>
    internal const string Engine = "engine";

    private const int MaxEvidence = 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestLease = TimeSpan.FromDays(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    internal static GateMove Ask(GateSpec spec, string key, GateContext context)
    {
        var state = new GateState { Name = spec.Name, Key = key, Since = context.Now, AskedAt = context.Now, Due = context.Now };
        return OnDue(spec, state, context);
    }

    /// <summary>Somebody says something of it. What is said after its time or its lease is over changes nothing, whether anybody has seen yet that it is over or not.</summary>
    internal static GateState On(GateSpec spec, GateState state, GateAnswer answer, DateTimeOffset now) => (state.Status, answer.Word) switch
    {
        _ when IsOver(spec, state, now) => state,
        (GateStatus.Requested or GateStatus.Preparing, GateWord.Open) => Opened(spec, state, answer, now),
        (GateStatus.Open or GateStatus.Consumed, GateWord.Open or GateWord.Renew) => Opened(spec, state, answer, now) with { Status = state.Status, Since = state.Since },
        (GateStatus.Requested, GateWord.Accepted) => Said(To(state, GateStatus.Preparing, now), answer) with { Due = spec.OnTimeout == GateTimeoutAction.Fail ? state.AskedAt + spec.Timeout : null },
        (GateStatus.Requested or GateStatus.Preparing or GateStatus.Open or GateStatus.Consumed, GateWord.Deny) => Said(To(state, GateStatus.Denied, now), answer),
        (GateStatus.Closing, GateWord.Closed) => Said(To(state, GateStatus.Closed, now), answer),
        (GateStatus.Requested or GateStatus.Closing, GateWord.NoAnswer) => state with { Due = now + Pause(state.Tries), Evidence = Excerpt.Head(answer.Evidence, MaxEvidence) ?? state.Evidence },
        _ => state,
    };

    /// <summary>False where a word came too late, or cannot follow on where the gate stood.</summary>
    internal static bool IsHeard(GateWord word, GateState before, GateState next) =>
        word == GateWord.NoAnswer || !(ReferenceEquals(before, next) || (word is GateWord.Open or GateWord.Renew or GateWord.Accepted && next.IsRefused));

    /// <summary>Its time has come: to ask again, to look again, to tell again, or to end.</summary>
    internal static GateMove OnDue(GateSpec spec, GateState state, GateContext context)
    {
        var now = context.Now;
        if (!(state.Due <= now))
        {
            return new GateMove(state);
        }

        return state.Status switch
        {
            GateStatus.Requested when IsLate(spec, state, now) => new GateMove(To(state, GateStatus.Expired, now)),
            GateStatus.Requested => Look(spec, state, context),
            GateStatus.Preparing => new GateMove(IsLate(spec, state, now) ? To(state, GateStatus.Expired, now) : state with { Due = null }),
            GateStatus.Open or GateStatus.Consumed => Renew(spec, state, context),
            GateStatus.Closing => new GateMove(state with { Tries = state.Tries + 1, Due = now + CallTime }, GateEffect.Close),
            _ => new GateMove(state with { Due = null }),
        };
    }

    /// <summary>Whether an update may pass it now: what telemetry opened it may not while the last value is out of bounds or too old, whether anybody has looked yet or not.</summary>
    internal static bool LetsThrough(GateSpec spec, GateState? state, GateContext context) =>
        state?.IsOpenAt(context.Now) == true && !TelemetryGates.HasLeft(spec, state, context);

    /// <summary>The update passes it.</summary>
    internal static GateState Pass(GateState state, DateTimeOffset now) =>
        state.Status == GateStatus.Open ? state with { Status = GateStatus.Consumed, Since = now } : state;

    /// <summary>The update is over, or needs it no more.</summary>
    internal static GateMove End(GateSpec spec, GateState state, DateTimeOffset now) => state.Status is GateStatus.Closing or GateStatus.Closed ? new GateMove(state)
        : spec.HasCloseOut ? new GateMove(To(state, GateStatus.Closing, now) with { Tries = 1, Due = now + CallTime, OpenUntil = null }, GateEffect.Close)
        : new GateMove(To(state, GateStatus.Closed, now) with { OpenUntil = null });

    private static GateMove Look(GateSpec spec, GateState state, GateContext context)
    {
        var (now, next) = (context.Now, state with { Tries = state.Tries + 1 });
        switch (spec.Kind)
        {
            case GateKind.Manual:
                return new GateMove(state with { Due = spec.OnTimeout == GateTimeoutAction.Fail ? state.AskedAt + spec.Timeout : null });
            case GateKind.Telemetry:
                var since = TelemetryGates.Holds(spec, state, context) ? state.HoldsSince ?? now : (DateTimeOffset?)null;
                return new GateMove(since + spec.HoldsFor <= now
                    ? Opened(spec, state, new GateAnswer(GateWord.Open, Engine, Evidence: TelemetryGates.Reading(spec, context.Facts)), now) with { HoldsSince = since }
                    : next with { HoldsSince = since, Due = Sooner(since + spec.HoldsFor, now + LookEvery) });
            case GateKind.Calendar:
                var window = InstallWindows.Look([spec.Window!], context.Facts, now);
                return new GateMove(window.IsOpen
                    ? Opened(spec, state, new GateAnswer(GateWord.Open, Engine, window.ChangesAt - now), now)
                    : next with { Due = spec.OnTimeout == GateTimeoutAction.Fail ? Sooner(window.ChangesAt, state.AskedAt + spec.Timeout) : window.ChangesAt });
            default:
                return new GateMove(next with { Due = now + CallTime }, GateEffect.Ask);
        }
    }

    /// <summary>
    /// What is looked at, and not leased by anybody, stays open for as long as it holds, and is looked at while there is half of the lease left. What is seen not to hold any
    /// more is over at once. Where the lease ended before (nobody looked), a dependency is closed and asked for anew.
    /// </summary>
    private static GateMove Renew(GateSpec spec, GateState state, GateContext context)
    {
        var now = context.Now;
        return spec.Kind switch
        {
            GateKind.Telemetry when TelemetryGates.HasLeft(spec, state, context) => new GateMove(Over(state, now) with { Evidence = TelemetryGates.Reading(spec, context.Facts) }),

            // A lease that a person gave is his: telemetry neither ends it nor makes it longer.
            GateKind.Telemetry when state.Actor == Engine => new GateMove(Leased(spec, state, spec.Lease, now)),
            GateKind.Dependency when state.IsOpenAt(now) => new GateMove(state with { Due = Sooner(state.OpenUntil, now + CallTime) }, GateEffect.Ask),
            GateKind.Dependency => new GateMove(To(state, GateStatus.Requested, now) with { AskedAt = now, OpenUntil = null, Tries = 1, Due = now + CallTime }, GateEffect.Ask),
            _ when state.IsOpenAt(now) => new GateMove(state with { Due = state.OpenUntil }),
            _ => new GateMove(Over(state, now)),
        };
    }

    private static GateState Opened(GateSpec spec, GateState state, GateAnswer answer, DateTimeOffset now)
    {
        var lease = answer.Lease is { } asked && asked > TimeSpan.Zero ? (asked < LongestLease ? asked : LongestLease) : spec.Lease;
        return Leased(spec, Said(To(state, GateStatus.Open, now), answer), lease, now);
    }

    private static GateState Leased(GateSpec spec, GateState state, TimeSpan lease, DateTimeOffset now) =>
        state with { OpenUntil = now + lease, Due = now + (spec.Kind is GateKind.Telemetry or GateKind.Dependency ? lease / 2 : lease) };

    private static GateState To(GateState state, GateStatus status, DateTimeOffset now) => state with { Status = status, Since = now, Due = null, Tries = 0 };

    private static GateState Over(GateState state, DateTimeOffset now) => To(state, GateStatus.Expired, now) with { OpenUntil = null };

    private static GateState Said(GateState state, GateAnswer answer) => state with { Actor = answer.Actor, Evidence = Excerpt.Head(answer.Evidence, MaxEvidence) ?? state.Evidence };

    private static bool IsOver(GateSpec spec, GateState state, DateTimeOffset now) =>
        state.OpenUntil <= now || (state.Status is GateStatus.Requested or GateStatus.Preparing && IsLate(spec, state, now));

    private static bool IsLate(GateSpec spec, GateState state, DateTimeOffset now) => spec.OnTimeout == GateTimeoutAction.Fail && now >= state.AskedAt + spec.Timeout;

    private static TimeSpan Pause(int tries) => TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(tries, 10))));

    private static DateTimeOffset? Sooner(DateTimeOffset? a, DateTimeOffset b) => a < b ? a : b;
}
