using System.Collections.Immutable;

namespace Muster.Updates;

/// <summary>Whether a release is for a device, by what the device says of itself. Pure: a plan and the device's own check ask the same.</summary>
internal static class Compatibility
{
    /// <summary>It runs the release's version already.</summary>
    internal const string AlreadyCurrent = nameof(AlreadyCurrent);

    /// <summary>Its model, or its hardware revision, is not among those of the release.</summary>
    internal const string Incompatible = nameof(Incompatible);

    /// <summary>It never said what model it is.</summary>
    internal const string ModelUnknown = nameof(ModelUnknown);

    /// <summary>It runs a later version, and the release does not go back.</summary>
    internal const string DowngradeNotAllowed = nameof(DowngradeNotAllowed);

    /// <summary>It runs an earlier version than the release needs, or does not say which.</summary>
    internal const string RequiredVersionMissing = nameof(RequiredVersionMissing);

    /// <summary>A tag keeps it from being updated.</summary>
    internal const string Excluded = nameof(Excluded);

    /// <summary>Null if it is for the device; else one word. Versions are ordered by <see cref="VersionOrder"/>.</summary>
    internal static string? WhyNot(PlannedRelease release, string? model, string? hardwareRevision, string? softwareVersion)
    {
        if (string.IsNullOrEmpty(model))
        {
            return ModelUnknown;
        }

        if (!Has(release.Models, model) || !Has(release.HardwareRevisions, hardwareRevision))
        {
            return Incompatible;
        }

        return softwareVersion == release.Version ? AlreadyCurrent
            : release.RequiredVersion is { } required && (softwareVersion is null || VersionOrder.Compare(softwareVersion, required) < 0) ? RequiredVersionMissing
            : !release.AllowDowngrade && softwareVersion is not null && VersionOrder.Compare(softwareVersion, release.Version) > 0 ? DowngradeNotAllowed
            : null;
    }

    private static bool Has(ImmutableArray<string> those, string? value) => those.IsDefaultOrEmpty || those.Contains(value!, StringComparer.Ordinal);
}
