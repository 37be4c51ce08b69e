using System.Globalization;

namespace Muster.Updates;

/// <summary>Whether a release is for a device. Pure.</summary>
internal static class Compatibility
{
    internal const string AlreadyCurrent = "AlreadyCurrent";
    internal const string ModelUnknown = "ModelUnknown";

    /// <summary>Null if the release may go onto the device; else one word: <c>AlreadyCurrent</c>, or why it is incompatible.</summary>
    /// <param name="release">The release.</param>
    /// <param name="model">As the device says; null if it says nothing.</param>
    /// <param name="hardwareRevision">Likewise.</param>
    /// <param name="softwareVersion">Likewise.</param>
    internal static string? WhyNot(PlannedRelease release, string? model, string? hardwareRevision, string? softwareVersion) =>
        model is null ? ModelUnknown
        : !release.Models.IsEmpty && !release.Models.Contains(model, StringComparer.Ordinal) ? "ModelMismatch"
        : !release.HardwareRevisions.IsEmpty && !release.HardwareRevisions.Contains(hardwareRevision ?? "", StringComparer.Ordinal) ? "HardwareMismatch"
        : softwareVersion == release.Version ? AlreadyCurrent
        : release.RequiredVersion is { } required && softwareVersion != required && !(softwareVersion is not null && Compare(softwareVersion, required) > 0)
            ? "RequiredVersionMissing"
        : !release.AllowDowngrade && softwareVersion is not null && Compare(softwareVersion, release.Version) > 0 ? "DowngradeNotAllowed"
        : null;

    /// <summary>
    /// The order of versions: part by part between dots, dashes and underscores, numbers by value and texts by character; a version that goes on is later, but for a part after a
    /// dash that is text, which comes before the release (as semantic versions have it, semver.org section 11).
    /// </summary>
    internal static int Compare(string a, string b)
    {
        var (x, y) = (Parts(a), Parts(b));
        for (var i = 0; i < Math.Max(x.Length, y.Length); i++)
        {
            if (i >= x.Length || i >= y.Length)
            {
                var rest = i >= x.Length ? y[i] : x[i];
                var longer = i >= x.Length ? 1 : -1;
                return IsNumber(rest) ? -longer : longer;
            }

            var order = IsNumber(x[i]) && IsNumber(y[i])
                ? decimal.Parse(x[i], CultureInfo.InvariantCulture).CompareTo(decimal.Parse(y[i], CultureInfo.InvariantCulture))
                : IsNumber(x[i]) != IsNumber(y[i]) ? (IsNumber(x[i]) ? 1 : -1)
                : string.CompareOrdinal(x[i], y[i]);
            if (order != 0)
            {
                return Math.Sign(order);
            }
        }

        return 0;
    }

    private static string[] Parts(string version) => version.TrimStart('v', 'V').Split('.', '-', '_');

    // Longer runs of digits are texts: no version has them, and their values would not fit.
    private static bool IsNumber(string part) => part.Length is > 0 and <= 27 && part.All(char.IsAsciiDigit);
}
