using System.Text;
using Muster.Storage.Documents;

namespace Muster.Storage.Azure;

/// <summary>What a document's blob is called: type/state/key, where every character that a path or Azure could read otherwise is <c>~</c> and its bytes.</summary>
internal static class BlobNames
{
    public static string Of(DocumentKey key)
    {
        var name = new StringBuilder();
        Append(name, key.GrainType);
        name.Append('/');
        Append(name, key.Name);
        name.Append('/');
        Append(name, key.Key);
        return name.ToString();
    }

    // No dot: Azure takes none at an end, and paths are shortened by them.
    private static void Append(StringBuilder name, string text)
    {
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)one) || one is (byte)'-' or (byte)'_')
            {
                name.Append((char)one);
            }
            else
            {
                name.Append('~').Append(one.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }
}
