using System.Globalization;

namespace Muster.Query;

/// <summary>Times in conditions: ISO 8601 text that is compared with times of the twin.</summary>
public static class QueryTime
{
    /// <summary>What the twin has for a time that never was.</summary>
    public const string Never = "0001-01-01T00:00:00";

    private static readonly string[] Formats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads a date, or date and time; UTC where no zone is given.</summary>
    /// <param name="text">For example <c>2026-01-31T12:00:00Z</c>.</param>
    /// <param name="ticks">UTC, in 100 ns since year 1.</param>
    public static bool TryParse(string text, out long ticks)
    {
        var found = DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time);
        ticks = time.UtcTicks;
        return found;
    }
}
