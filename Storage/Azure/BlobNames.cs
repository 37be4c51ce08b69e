using System.Globalization;
using System.Text;
using Muster.Storage.Documents;

namespace Muster.Storage.Azure;

/// <summary>What a document's blob is called: type/state/key, where every character that a path or Azure could read otherwise is <c>~</c> and its bytes.</summary>
internal static class BlobNames
{
    public static string Of(DocumentKey key)
    {
        var name = new StringBuilder(Folder(key.GrainType, key.Name));
        Append(name, key.Key);
        return name.ToString();
    }

    /// <summary>What the names of all documents of a grain type and state begin with.</summary>
    public static string Folder(string grainType, string stateName)
    {
        var name = new StringBuilder();
        Append(name, grainType);
        name.Append('/');
        Append(name, stateName);
        return name.Append('/').ToString();
    }

    /// <summary>The key of the document with this name.</summary>
    public static string KeyIn(string blobName)
    {
        var coded = blobName.AsSpan(blobName.LastIndexOf('/') + 1);
        var bytes = new List<byte>(coded.Length);
        for (var i = 0; i < coded.Length; i++)
        {
            var isCode = coded[i] == '~';
            bytes.Add(isCode ? byte.Parse(coded.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : (byte)coded[i]);
            i += isCode ? 2 : 0;
        }

        return Encoding.UTF8.GetString([.. bytes]);
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
                name.Append('~').Append(one.ToString("X2", CultureInfo.InvariantCulture));
            }
        }
    }
}
