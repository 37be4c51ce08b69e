using System.Text;

namespace Muster.Storage.Documents;

/// <summary>Whose document it is. Every engine takes every key: what one could not hold, all refuse.</summary>
internal readonly record struct DocumentKey(string GrainType, string Key, string Name)
{
    /// <exception cref="ArgumentException">Too long, or with U+0000 in it.</exception>
    public static DocumentKey Of(GrainId grain, string name)
    {
        var key = new DocumentKey(Encoding.UTF8.GetString(grain.Type.AsSpan()), Encoding.UTF8.GetString(grain.Key.AsSpan()), name);
        if (key.GrainType.Length > DocumentLimits.MaxNameLength || name.Length > DocumentLimits.MaxNameLength
            || Encoding.UTF8.GetByteCount(key.Key) > DocumentLimits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"{key}: a key has at most {DocumentLimits.MaxKeyBytes} bytes, a grain's type and a state's name {DocumentLimits.MaxNameLength} characters.", nameof(grain));
        }

        return key.Key.Contains('\0', StringComparison.Ordinal)
            ? throw new ArgumentException("A key with U+0000 in it names no document.", nameof(grain))
            : key;
    }

    public override string ToString() => $"{GrainType}/{Key} ({Name})";
}
