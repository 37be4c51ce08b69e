using System.Collections.Immutable;

namespace Muster.Amqp;

/// <summary>
/// Where a client's link leads: relative or absolute (<c>amqps://host[:port]/…</c>, <c>sb://…</c>), with or without a leading slash, its segments
/// percent-encoded or not.
/// </summary>
internal sealed class LinkAddress
{
    private const int MaxLength = 1024;
    private const int MaxSegments = 12;

    private LinkAddress(string text, ImmutableArray<string> segments)
    {
        Text = text;
        Segments = segments;
    }

    /// <summary>As it came; empty for none.</summary>
    public string Text { get; }

    /// <summary>Without scheme and host, decoded: <c>devices</c>, <c>d 1</c>, <c>twin</c>.</summary>
    public ImmutableArray<string> Segments { get; }

    /// <summary>A text that is too long, or has too many segments, has none.</summary>
    public static LinkAddress Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength)
        {
            return new("", []);
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var path = scheme < 0 ? text : AfterHost(text[(scheme + 3)..]);
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return new(text, parts.Length > MaxSegments ? [] : [.. parts.Select(Uri.UnescapeDataString)]);
    }

    /// <summary>
    /// True if the segments are these; null stands for any. Fixed words are compared without case, since SDKs write both <c>devicebound</c> and
    /// <c>deviceBound</c>.
    /// </summary>
    public bool Is(params ReadOnlySpan<string?> pattern)
    {
        if (pattern.Length != Segments.Length)
        {
            return false;
        }

        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] is { } word && !word.Equals(Segments[i], StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => Text;

    private static string AfterHost(string rest)
    {
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? "" : rest[slash..];
    }
}
