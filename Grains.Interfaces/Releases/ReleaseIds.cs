using System.Buffers;

namespace Muster.Releases;

/// <summary>
/// The grammar of releases: an id is <c>name@version</c>. A name has 1 to 64 ASCII letters, digits and <c>. _ -</c>; a version 1 to 64 of those and <c>+</c>;
/// an artifact's name 1 to 128 of those and <c>~</c>, and no dot at its beginning. So all of them stand in a URL and in a header as they are.
/// </summary>
public static class ReleaseIds
{
    /// <summary>Of a name, and of a version.</summary>
    public const int MaxPartLength = 64;

    /// <summary>Of an artifact's name.</summary>
    public const int MaxArtifactNameLength = 128;

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(Letters);
    private static readonly SearchValues<char> VersionCharacters = SearchValues.Create(Letters + "+");
    private static readonly SearchValues<char> ArtifactCharacters = SearchValues.Create(Letters + "+~");

    /// <summary>Whatever the parts are; see <see cref="IsValid"/>.</summary>
    public static string Of(string name, string version) => $"{name}@{version}";

    public static bool IsValid(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var at = id.IndexOf('@', StringComparison.Ordinal);
        return at >= 0 && IsName(id[..at]) && IsVersion(id[(at + 1)..]);
    }

    public static bool IsName(string? name) => name is { Length: > 0 and <= MaxPartLength } && !name.AsSpan().ContainsAnyExcept(NameCharacters);

    public static bool IsVersion(string? version) =>
        version is { Length: > 0 and <= MaxPartLength } && !version.AsSpan().ContainsAnyExcept(VersionCharacters);

    public static bool IsArtifactName(string? name) =>
        name is { Length: > 0 and <= MaxArtifactNameLength } && name[0] != '.' && !name.AsSpan().ContainsAnyExcept(ArtifactCharacters);
}
