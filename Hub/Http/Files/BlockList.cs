using System.Xml;

namespace Muster.Files;

/// <summary>Reads Azure Blob Storage's block list: <c>&lt;BlockList&gt;&lt;Latest&gt;id&lt;/Latest&gt;…&lt;/BlockList&gt;</c>.</summary>
internal static class BlockList
{
    /// <summary>As many blocks as a blob may have, with the longest ids.</summary>
    internal const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>Ids in the list's order; null where the bytes are not such a list, or name a committed block, which are not kept.</summary>
    internal static IReadOnlyList<ReadOnlyMemory<byte>>? Read(Stream xml)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxBytes, IgnoreWhitespace = true };
        try
        {
            using var reader = XmlReader.Create(xml, settings);
            return reader.MoveToContent() == XmlNodeType.Element && reader.LocalName == "BlockList" ? ReadItems(reader) : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>Null for what is not base64 of 1 to 64 bytes.</summary>
    internal static byte[]? ReadId(string text)
    {
        Span<byte> id = stackalloc byte[BlobLimits.MaxBlockIdBytes];
        return Convert.TryFromBase64String(text, id, out var length) && length > 0 ? id[..length].ToArray() : null;
    }

    private static List<ReadOnlyMemory<byte>>? ReadItems(XmlReader reader)
    {
        var ids = new List<ReadOnlyMemory<byte>>();
        if (reader.IsEmptyElement)
        {
            return ids;
        }

        reader.Read();
        while (reader.NodeType == XmlNodeType.Element)
        {
            if (reader.LocalName is not ("Latest" or "Uncommitted") || ReadId(reader.ReadElementContentAsString().Trim()) is not { } id)
            {
                return null;
            }

            ids.Add(id);
        }

        return reader.NodeType == XmlNodeType.EndElement ? ids : null;
    }
}
