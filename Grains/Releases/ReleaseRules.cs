using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>What a release and an artifact may say of themselves. Pure.</summary>
internal static class ReleaseRules
{
    internal const int MaxDescription = 2000;
    internal const int MaxListed = 32;
    internal const int MaxModel = 128;
    internal const int MaxRevision = 64;
    internal const int MaxContentType = 128;
    internal const int MaxReason = 500;
    private const int HexLength = 64;

    /// <summary>Null if a release may be made so under this id.</summary>
    internal static Refusal? Check(string id, ReleaseSpec spec) =>
        !ReleaseIds.IsName(spec.Name) ? Refusals.Invalid($"name must have 1 to {ReleaseIds.MaxPartLength} ASCII letters, digits and . _ - characters.")
        : !ReleaseIds.IsVersion(spec.Version) ? Refusals.Invalid($"version must have 1 to {ReleaseIds.MaxPartLength} ASCII letters, digits and . _ - + characters.")
        : ReleaseIds.Of(spec.Name, spec.Version) != id ? Refusals.Invalid($"The release {id} cannot be called {spec.Name}, version {spec.Version}.")
        : CheckDescription(spec.Description) ?? Check(spec.Compatibility, spec.Version);

    internal static Refusal? Check(ReleaseCompatibility compatibility, string version) =>
        compatibility.Models.IsDefaultOrEmpty ? Refusals.Invalid("compatibility.models must name at least one device model.")
        : CheckList("compatibility.models", compatibility.Models, MaxModel) ?? CheckList("compatibility.hardwareRevisions", compatibility.HardwareRevisions, MaxRevision)
        ?? (compatibility.RequiredVersion is not { } required ? null
            : !ReleaseIds.IsVersion(required) ? Refusals.Invalid("compatibility.requiredVersion must be a version, or left out.")
            : required == version ? Refusals.Invalid("compatibility.requiredVersion is the release's own version.")
            : null);

    internal static Refusal? CheckDescription(string? description) =>
        description is { Length: > MaxDescription } ? Refusals.Invalid($"description may have at most {MaxDescription} characters.") : null;

    internal static Refusal? Check(ArtifactSpec artifact, long maxBytes) =>
        !ReleaseIds.IsArtifactName(artifact.Name)
            ? Refusals.Invalid($"name must have 1 to {ReleaseIds.MaxArtifactNameLength} ASCII letters, digits and . _ - + ~ characters, and no dot at its beginning.")
        : artifact.Size is < 1 ? Refusals.Invalid("size must be at least 1.")
        : artifact.Size > maxBytes ? TooLarge(maxBytes)
        : artifact.Sha256 is { } sha256 && (sha256.Length != HexLength || !sha256.All(char.IsAsciiHexDigit)) ? Refusals.Invalid("sha256 must be 64 hexadecimal digits.")
        : artifact.ContentType is { } type && (type.Length is 0 or > MaxContentType || type.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            ? Refusals.Invalid($"contentType must have 1 to {MaxContentType} ASCII characters.")
        : artifact.Signature is { } signature ? SignatureCheck.CheckForm(signature) : null;

    /// <summary>ArtifactTooLarge.</summary>
    internal static Refusal TooLarge(long maxBytes) => new(HubErrorCode.ArtifactTooLarge, $"An artifact has at most {maxBytes} bytes.");

    private static Refusal? CheckList(string name, ImmutableArray<string> values, int maxLength) =>
        values.Length > MaxListed ? Refusals.Invalid($"{name} may have at most {MaxListed} entries.")
        : values.Any(value => value is null || value.Length is 0 || value.Length > maxLength || value.Any(char.IsControl))
            ? Refusals.Invalid($"Each of {name} must have 1 to {maxLength} characters, none of them a control character.")
        : values.Distinct(StringComparer.Ordinal).Count() != values.Length ? Refusals.Invalid($"{name} names something twice.")
        : null;
}
