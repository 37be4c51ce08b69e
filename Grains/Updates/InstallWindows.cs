using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Evaluation;

namespace Muster.Updates;

/// <summary>
/// When a device may install: in one of the plan's windows by its own clock, and in none of its blackouts. Recurrence rules (RFC 5545) are counted from the first of January
/// 2024, a Monday, of the device's zone. A window counts as open only while a device that begins still has the plan's <see cref="DevicePlan.InstallTime"/> left in it. What was
/// found holds until it changes, and is kept until then.
/// </summary>
internal static class InstallWindows
{
    private const int MaxKept = 4096;

    /// <summary>Occurrences that are looked at: one that is under way, and the next.</summary>
    private const int MaxOccurrences = 64;

    /// <summary>Between the first occurrence that is counted and what is asked for: wider than any zone is off, so that the start itself, which always counts, is over.</summary>
    private const int SpareDays = 2;
    private static readonly DateOnly First = new(2024, 1, 1);

    /// <summary>
    /// Intervals of a rule that are gone through without an occurrence before it counts as one that occurs no more: of days more than eight years, so that the 29th of February
    /// comes. Without an end a rule of the 30th is followed into the year 9999.
    /// </summary>
    private static readonly EvaluationOptions Limited = new() { MaxUnmatchedIncrementsLimit = 4000 };

    /// <summary>Windows that follow on each other and are taken for one.</summary>
    private const int MaxJoined = 64;
    private static readonly ConcurrentDictionary<(string Rule, TimeSpan Duration, string Zone, bool IsAhead), Kept> Found = new();

    internal static WindowLook Look(DevicePlan plan, DeviceFacts facts, DateTimeOffset now)
    {
        if (plan.Windows.IsEmpty && plan.Blackouts.IsEmpty)
        {
            return new WindowLook(true, null);
        }

        var look = Whole(plan, facts, now);
        for (var joined = 0; look is { IsOpen: true, ChangesAt: { } closes }; joined++)
        {
            if (now < closes - plan.InstallTime)
            {
                return new WindowLook(true, closes - plan.InstallTime);
            }

            // Too late, unless what comes next goes on where this one ends.
            var next = Whole(plan, facts, closes, isAhead: true);
            look = next.IsOpen && joined < MaxJoined ? next : new WindowLook(false, next.IsOpen ? closes : next.ChangesAt);
        }

        return look;
    }

    /// <summary>Up to its very end.</summary>
    private static WindowLook Whole(DevicePlan plan, DeviceFacts facts, DateTimeOffset now, bool isAhead = false)
    {
        var blackout = plan.Blackouts.Where(blackout => blackout.From <= now && now < blackout.Until).Select(static blackout => (DateTimeOffset?)blackout.Until).Max();
        if (blackout is not null)
        {
            return new WindowLook(false, blackout);
        }

        var next = plan.Blackouts.Where(blackout => blackout.From > now).Select(static blackout => (DateTimeOffset?)blackout.From).Min();
        var window = plan.Windows.IsEmpty ? new WindowLook(true, null) : Look(plan.Windows, facts, now, isAhead);
        return window with { ChangesAt = window.IsOpen ? Sooner(window.ChangesAt, next) : window.ChangesAt };
    }

    /// <summary>Open where one of them is; changes when the last of those that are open closes, or the first opens.</summary>
    /// <param name="windows">At least one.</param>
    /// <param name="facts">Of the device, for its zone.</param>
    /// <param name="now">UTC.</param>
    /// <param name="isAhead">True for a time to come, which is kept beside the one that is.</param>
    internal static WindowLook Look(ImmutableArray<MaintenanceWindow> windows, DeviceFacts facts, DateTimeOffset now, bool isAhead = false)
    {
        DateTimeOffset? closes = null, opens = null;
        foreach (var window in windows)
        {
            var look = Look(window, facts, now, isAhead);
            closes = look.IsOpen && !(closes >= look.ChangesAt) ? look.ChangesAt : closes;
            opens = look.IsOpen ? opens : Sooner(opens, look.ChangesAt);
        }

        return closes is null ? new WindowLook(false, opens) : new WindowLook(true, closes);
    }

    private static WindowLook Look(MaintenanceWindow window, DeviceFacts facts, DateTimeOffset now, bool isAhead)
    {
        var zone = window.TimeZoneTag is { } tag && facts.TagText(tag) is { } own && TimeZoneInfo.TryFindSystemTimeZoneById(own, out _) ? own : window.TimeZone;
        var key = (window.Rule, window.Duration, zone, isAhead);
        if (Found.TryGetValue(key, out var kept) && kept.From <= now && !(now >= kept.Look.ChangesAt))
        {
            return kept.Look;
        }

        var look = Evaluate(window, zone, now);
        if (Found.Count >= MaxKept)
        {
            Found.Clear();
        }

        Found[key] = new Kept(now, look);
        return look;
    }

    /// <summary>False for a rule without an occurrence after the first day that is counted, such as one of the 30th of February.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="zone">IANA name.</param>
    internal static bool Occurs(RecurrencePattern rule, string zone)
    {
        try
        {
            // From the day after: the start always counts as an occurrence itself.
            return Occurrences(rule, First, zone, since: new CalDateTime(First.Year, First.Month, First.Day + 1, 0, 0, 0, zone)).Any();
        }
        catch (Exception e) when (IsEnd(e))
        {
            return false;
        }
    }

    private static WindowLook Evaluate(MaintenanceWindow window, string zone, DateTimeOffset now)
    {
        var (rule, looked) = (new RecurrencePattern(window.Rule), now - window.Duration);
        DateTimeOffset? closes = null;

        // A rule of hours, accepted by an older program: it would be followed for ever in the hour that the end of summer time has twice.
        if (!WindowRules.IsOfDays(rule.Frequency))
        {
            return new WindowLook(false, null);
        }

        try
        {
            foreach (var occurrence in Occurrences(rule, StartOf(rule, looked), zone, new CalDateTime(looked.UtcDateTime)).Take(MaxOccurrences))
            {
                var opens = new DateTimeOffset(occurrence.Period.StartTime.AsUtc, TimeSpan.Zero);
                var until = opens + window.Duration;
                if (opens > (closes ?? now))
                {
                    return closes is null ? new WindowLook(false, opens) : new WindowLook(true, closes);
                }

                // One that begins before the last is over goes on in it.
                closes = until > now && !(closes >= until) ? until : closes;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // What is open stays so until it closes, and opens no more.
        }

        return closes is null ? new WindowLook(false, null) : new WindowLook(true, closes);
    }

    private static IEnumerable<Occurrence> Occurrences(RecurrencePattern rule, DateOnly from, string zone, CalDateTime? since)
    {
        var recurring = new CalendarEvent { Start = new CalDateTime(from.Year, from.Month, from.Day, 0, 0, 0, zone), RecurrenceRule = rule };
        return recurring.GetOccurrences(since, Limited);
    }

    /// <summary>True of what says that a rule occurs no more, or not before the calendar ends.</summary>
    private static bool IsEnd(Exception e) => e is EvaluationException or ArgumentOutOfRangeException or OverflowException;

    /// <summary>
    /// Where counting begins: as late as it comes to the same, for every occurrence since is gone through, and a rule of many hours has thousands a year. Days recur with the
    /// interval in days, weeks in weeks; a rule with a COUNT is gone through whole.
    /// </summary>
    private static DateOnly StartOf(RecurrencePattern rule, DateTimeOffset looked)
    {
        var period = rule.Count is null ? Math.Max(1, rule.Interval) * (rule.Frequency switch { FrequencyType.Daily => 1, FrequencyType.Weekly => 7, _ => 0 }) : 0;
        var days = DateOnly.FromDateTime(looked.UtcDateTime).DayNumber - First.DayNumber - SpareDays;
        return period == 0 || days < period ? First : First.AddDays(days / period * period);
    }

    private static DateTimeOffset? Sooner(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;

    /// <param name="From">Since when it is known to hold.</param>
    private sealed record Kept(DateTimeOffset From, WindowLook Look);
}
