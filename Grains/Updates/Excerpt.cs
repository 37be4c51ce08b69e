using System.Diagnostics.CodeAnalysis;

namespace Muster.Updates;

/// <summary>Cuts text that others wrote to a number of characters, one fewer where a surrogate pair would be cut in two. What is kept of it is stored, where half a pair is no text.</summary>
internal static class Excerpt
{
    /// <summary>The first <paramref name="max"/> characters, which is above 0; null of null.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    internal static string? Head(string? text, int max) =>
        text is null || text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];

    /// <summary>The last <paramref name="max"/> characters, which is above 0.</summary>
    internal static string Tail(string text, int max) =>
        text.Length <= max ? text : text[(text.Length - (char.IsLowSurrogate(text[^max]) ? max - 1 : max))..];
}
