namespace Muster.Twins;

/// <summary>One of the three JSON objects of a twin, with its limit.</summary>
internal sealed record TwinPart(string Name, int MaxBytes)
{
    internal static readonly TwinPart Tags = new("tags", 8 * 1024);

    internal static readonly TwinPart Desired = new("properties.desired", 32 * 1024);

    internal static readonly TwinPart Reported = new("properties.reported", 32 * 1024);
}
