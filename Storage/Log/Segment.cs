namespace Muster.Storage.Log;

/// <summary>One segment file as readers see it.</summary>
internal sealed class Segment(string path, SegmentHeader header)
{
    internal const string Extension = ".log";

    internal string Path { get; } = path;

    internal SegmentHeader Header { get; } = header;

    internal long FirstOffset => Header.FirstOffset;

    internal SegmentIndex Index { get; } = new(header.FirstOffset);

    internal static string FileName(long firstOffset) => $"{firstOffset:D20}{Extension}";
}
