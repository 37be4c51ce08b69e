using System.Buffers;
using System.Text;

namespace Muster.Storage.Postgres;

/// <summary>
/// PostgreSQL has no U+0000 in text or jsonb, JSON has. What a query looks at therefore has the characters U+0000 to U+0003 in a code that
/// keeps the order of code points and in which nothing is found that was not there: U+0001, then two digits of U+0002 and U+0003.
/// The function <c>muster_json</c> of the schema makes the same of a document.
/// </summary>
internal static class JsonbText
{
    private const char Lead = '\u0001';
    private const char Zero = '\u0002';
    private const char One = '\u0003';

    private static readonly SearchValues<char> Coded = SearchValues.Create("\0\u0001\u0002\u0003");

    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAny(Coded))
        {
            return text;
        }

        var coded = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            _ = c <= One ? coded.Append(Lead).Append((c & 2) == 0 ? Zero : One).Append((c & 1) == 0 ? Zero : One) : coded.Append(c);
        }

        return coded.ToString();
    }

    public static string Decode(string coded)
    {
        if (!coded.Contains(Lead, StringComparison.Ordinal))
        {
            return coded;
        }

        var text = new StringBuilder(coded.Length);
        for (var i = 0; i < coded.Length; i++)
        {
            var isCode = coded[i] == Lead && i + 2 < coded.Length;
            text.Append(isCode ? (char)(((coded[i + 1] - Zero) << 1) | (coded[i + 2] - Zero)) : coded[i]);
            i += isCode ? 2 : 0;
        }

        return text.ToString();
    }

    /// <summary>The same in JSON text, as <c>muster_text</c> made it.</summary>
    public static string DecodeJson(string coded)
    {
        for (var code = 0; code <= 3 && coded.Contains("\\u0001", StringComparison.Ordinal); code++)
        {
            coded = coded.Replace($"\\u0001\\u000{2 + (code >> 1)}\\u000{2 + (code & 1)}", $"\\u000{code}", StringComparison.Ordinal);
        }

        return coded;
    }
}
