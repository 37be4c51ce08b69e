namespace Muster.Gateway;

/// <summary>Whether a token's scope covers a resource: the same path or one above it, segment by segment.</summary>
internal static class ResourceScope
{
    /// <param name="scope">Decoded path of the token's resource; empty for the whole hub.</param>
    /// <param name="path">Decoded path of the request. Its first segment is a word of ours, the ones after it are ids, whose case counts.</param>
    internal static bool Covers(string scope, string path)
    {
        var wanted = scope.AsSpan().Trim('/');
        if (wanted.IsEmpty)
        {
            return true;
        }

        var given = path.AsSpan().Trim('/');
        if (given.Length < wanted.Length || (given.Length > wanted.Length && given[wanted.Length] != '/'))
        {
            return false;
        }

        var word = wanted.IndexOf('/') is >= 0 and var slash ? slash : wanted.Length;
        return given[..word].Equals(wanted[..word], StringComparison.OrdinalIgnoreCase) && given[word..wanted.Length].SequenceEqual(wanted[word..]);
    }
}
