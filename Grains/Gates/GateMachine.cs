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

    private const int MaxEvidence = 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestLease = TimeSpan.FromDays(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    internal static GateMove Ask(GateSpec spec, string key, UpdateContext context)
    {
        var state = new GateState { Name = spec.Name, Key = key, Since = context.Now, AskedAt = context.Now, Due = context.Now };
        return OnDue(spec, state, context);
    }

    /// <summary>Somebody says something of it.</summary>
    internal static GateState On(GateSpec spec, GateState state, GateAnswer answer, DateTimeOffset now) => (state.Status, answer.Word) switch
    {
        (GateStatus.Requested or GateStatus.Preparing, GateWord.Open) => Opened(spec, state, answer, now),
        (GateStatus.Open or GateStatus.Consumed, GateWord.Open) => Opened(spec, state, answer, now) with { Status = state.Status, Since = state.Since },
        (GateStatus.Requested, GateWord.Accepted) => Said(To(state, GateStatus.Preparing, now), answer) with { Due = spec.OnTimeout == GateTimeoutAction.Fail ? state.AskedAt + spec.Timeout : null },
        (GateStatus.Requested or GateStatus.Preparing or GateStatus.Open or GateStatus.Consumed, GateWord.Deny) => Said(To(state, GateStatus.Denied, now), answer),
        (GateStatus.Closing, GateWord.Closed) => Said(To(state, GateStatus.Closed, now), answer),
        (GateStatus.Requested or GateStatus.Closing, GateWord.NoAnswer) => state with { Due = now + Pause(state.Tries), Evidence = Cut(answer.Evidence) ?? state.Evidence },
        _ => state,
    };

    /// <summary>Its time has come: to ask again, to look again, to tell again, or to end.</summary>
    internal static GateMove OnDue(GateSpec spec, GateState state, UpdateContext context)
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
            GateStatus.Open or GateStatus.Consumed when Renewed(spec, state, context) is { } renewed => new GateMove(renewed),
            GateStatus.Open or GateStatus.Consumed => new GateMove(To(state, GateStatus.Expired, now) with { OpenUntil = null }),
            GateStatus.Closing => new GateMove(state with { Tries = state.Tries + 1, Due = now + CallTime }, GateEffect.Close),
            _ => new GateMove(state with { Due = null }),
        };
    }

    /// <summary>The update passes it.</summary>
    internal static GateState Pass(GateState state, DateTimeOffset now) =>
        state.Status == GateStatus.Open ? state with { Status = GateStatus.Consumed, Since = now } : state;

    /// <summary>The update is over, or needs it no more.</summary>
    internal static GateMove End(GateSpec spec, GateState state, DateTimeOffset now) => state.Status is GateStatus.Closing or GateStatus.Closed ? new GateMove(state)
        : spec.HasCloseOut ? new GateMove(To(state, GateStatus.Closing, now) with { Tries = 1, Due = now + CallTime, OpenUntil = null }, GateEffect.Close)
        : new GateMove(To(state, GateStatus.Closed, now) with { OpenUntil = null });

    private static GateMove Look(GateSpec spec, GateState state, UpdateContext context)
    {
        var (now, next) = (context.Now, state with { Tries = state.Tries + 1 });
        switch (spec.Kind)
        {
            case GateKind.Manual:
                return new GateMove(state with { Due = spec.OnTimeout == GateTimeoutAction.Fail ? state.AskedAt + spec.Timeout : null });
            case GateKind.Telemetry:
                var since = Holds(spec, context) ? state.HoldsSince ?? now : (DateTimeOffset?)null;
                return new GateMove(since + spec.HoldsFor <= now
                    ? Opened(spec, state, new GateAnswer(GateWord.Open, "engine", Evidence: Reading(spec, context)), now) with { HoldsSince = since }
                    : next with { HoldsSince = since, Due = Sooner(since + spec.HoldsFor, now + LookEvery) });
            case GateKind.Calendar:
                var window = InstallWindows.Look([spec.Window!], context.Facts, now);
                return new GateMove(window.IsOpen
                    ? Opened(spec, state, new GateAnswer(GateWord.Open, "engine", window.ChangesAt - now), now)
                    : next with { Due = spec.OnTimeout == GateTimeoutAction.Fail ? Sooner(window.ChangesAt, state.AskedAt + spec.Timeout) : window.ChangesAt });
            default:
                return new GateMove(next with { Due = now + CallTime }, GateEffect.Ask);
        }
    }

    /// <summary>What is looked at stays open for as long as it holds; null where the lease is over.</summary>
    private static GateState? Renewed(GateSpec spec, GateState state, UpdateContext context) =>
        spec.Kind == GateKind.Telemetry && Holds(spec, context) ? state with { OpenUntil = context.Now + spec.Lease, Due = context.Now + spec.Lease } : null;

    private static GateState Opened(GateSpec spec, GateState state, GateAnswer answer, DateTimeOffset now)
    {
        var lease = answer.Lease is { } asked && asked > TimeSpan.Zero ? (asked < LongestLease ? asked : LongestLease) : spec.Lease;
        return Said(To(state, GateStatus.Open, now), answer) with { OpenUntil = now + lease, Due = now + lease };
    }

    private static GateState To(GateState state, GateStatus status, DateTimeOffset now) => state with { Status = status, Since = now, Due = null, Tries = 0 };

    private static GateState Said(GateState state, GateAnswer answer) => state with { Actor = answer.Actor, Evidence = Cut(answer.Evidence) ?? state.Evidence };

    private static bool IsLate(GateSpec spec, GateState state, DateTimeOffset now) => spec.OnTimeout == GateTimeoutAction.Fail && now >= state.AskedAt + spec.Timeout;

    private static bool Holds(GateSpec spec, UpdateContext context) =>
        spec.Bound is { } bound && context.Facts.Telemetry(bound.Field) is { } value && !(value < bound.Min) && !(value > bound.Max);

    private static string? Reading(GateSpec spec, UpdateContext context) => spec.Bound is { } bound
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bound.Field} is {context.Facts.Telemetry(bound.Field)}") : null;

    private static TimeSpan Pause(int tries) => TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(tries, 10))));

    private static DateTimeOffset? Sooner(DateTimeOffset? a, DateTimeOffset b) => a < b ? a : b;

    private static string? Cut(string? text) => text is { Length: > MaxEvidence } ? text[..MaxEvidence] : text;
}
