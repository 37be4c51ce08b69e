using Ical.Net;
using Ical.Net.DataTypes;

namespace Muster.Updates;

/// <summary>What a maintenance window must be. Pure.</summary>
internal static class WindowRules
{
    private const int MaxRule = 512;

    /// <summary>Of occurrences that a rule may be bounded to: they are gone through one by one.</summary>
    private const int MaxCount = 1000;

    /// <summary>False of a rule of hours or less: Ical.Net counts in local time, and never comes past the hour that the end of summer time has twice.</summary>
    internal static bool IsOfDays(FrequencyType frequency) => frequency is FrequencyType.Daily or FrequencyType.Weekly or FrequencyType.Monthly or FrequencyType.Yearly;

    /// <summary>Null if it can be evaluated; else one sentence.</summary>
    internal static string? WhyNot(MaintenanceWindow window)
    {
        if (window.Rule is not { Length: > 0 and <= MaxRule })
        {
            return $"its rule has 1 to {MaxRule} characters (RFC 5545), such as FREQ=WEEKLY;BYDAY=SA;BYHOUR=2;BYMINUTE=0;BYSECOND=0.";
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(window.TimeZone, out _))
        {
            return $"there is no time zone '{window.TimeZone}'; name one as IANA does, such as Europe/Vienna.";
        }

        if (window.Duration < TimeSpan.FromMinutes(1) || window.Duration > TimeSpan.FromDays(7))
        {
            return "it stays open for 1 minute to 7 days.";
        }

        try
        {
            var rule = new RecurrencePattern(window.Rule);
            return !IsOfDays(rule.Frequency) ? $"its rule '{window.Rule}' must have a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY; hours are said with BYHOUR, such as FREQ=DAILY;BYHOUR=1,3,5."
                : rule.Count > MaxCount ? $"its rule '{window.Rule}' may have a COUNT of at most {MaxCount}."
                : !InstallWindows.Occurs(rule, window.TimeZone) ? $"its rule '{window.Rule}' never occurs after the first of January 2024." : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException)
        {
            return $"its rule '{window.Rule}' cannot be read: {e.Message}";
        }
    }
}
