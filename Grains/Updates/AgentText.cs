namespace Muster.Updates;

/// <summary>Cuts what agents say to a number of characters, one fewer where a surrogate pair would be cut in two.</summary>
internal static class AgentText
{
    /// <summary>The first <paramref name="max"/> characters; <paramref name="max"/> is above 0.</summary>
    internal static string Head(string text, int max) =>
        text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];

    /// <summary>The last <paramref name="max"/> characters; <paramref name="max"/> is above 0.</summary>
    internal static string Tail(string text, int max) =>
        text.Length <= max ? text : text[(text.Length - (char.IsLowSurrogate(text[^max]) ? max - 1 : max))..];
}
