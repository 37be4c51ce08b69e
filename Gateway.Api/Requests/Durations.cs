using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Muster.Gateway;

/// <summary>
/// Durations as they travel: ISO 8601 such as <c>PT30M</c>, <c>P7D</c> or <c>P2W</c> (no years or months, which have no one length); read as
/// <c>[d.]hh:mm:ss</c> too.
/// </summary>
internal static partial class Durations
{
    private const int MaxLength = 32;

    internal static string Text(TimeSpan duration) => XmlConvert.ToString(duration);

    internal static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        if (text[0] != 'P')
        {
            return Clock().IsMatch(text) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration);
        }

        var match = Iso().Match(text);
        if (!match.Success || text[^1] is 'P' or 'T')
        {
            return false;
        }

        var seconds = (Part(match, 1) * 7 * 86_400) + (Part(match, 2) * 86_400) + (Part(match, 3) * 3600) + (Part(match, 4) * 60) + Part(match, 5);
        if (seconds > (decimal)TimeSpan.MaxValue.TotalDays * 86_400 / 2)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    private static decimal Part(Match match, int group) =>
        match.Groups[group].Success ? decimal.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^P(?:([0-9]{1,9})W|(?:([0-9]{1,9})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:\.[0-9]{1,7})?)S)?)?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();

    [GeneratedRegex(@"^(?:[0-9]{1,7}\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,7})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Clock();
}
