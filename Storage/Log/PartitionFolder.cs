using System.Collections.Immutable;
using System.Globalization;

namespace Muster.Storage.Log;

/// <summary>One partition's folder of segment files.</summary>
internal sealed class PartitionFolder(string folder, int partition, Func<string, FileMode, SegmentFile> openFile)
{
    private const string Unfinished = ".new";

    internal string Path { get; } = folder;

    /// <summary>The segments that are there, oldest first; makes the first one in a fresh folder, from <paramref name="firstOffset"/> on.</summary>
    /// <exception cref="DataFolderException">A file is not a segment of this partition, or of another version.</exception>
    internal ImmutableArray<Segment> Open(long now, long firstOffset)
    {
        Directory.CreateDirectory(Path);
        foreach (var unfinished in Directory.EnumerateFiles(Path, "*" + Unfinished))
        {
            File.Delete(unfinished);
        }

        var paths = Directory.GetFiles(Path, "*" + Segment.Extension);
        if (paths.Length == 0)
        {
            Create(new SegmentHeader(partition, firstOffset, EnqueuedFloor: 0, now)).File.Dispose();
            paths = Directory.GetFiles(Path, "*" + Segment.Extension);
        }

        Array.Sort(paths, StringComparer.Ordinal);
        return [.. paths.Select(OpenSegment)];
    }

    internal SegmentFile OpenForWriting(Segment segment) => openFile(segment.Path, FileMode.Open);

    /// <summary>Makes a segment that either is there whole after a crash, or not at all.</summary>
    internal (Segment Segment, SegmentFile File) Create(in SegmentHeader header)
    {
        var path = System.IO.Path.Combine(Path, Segment.FileName(header.FirstOffset));
        using (var file = openFile(path + Unfinished, FileMode.Create))
        {
            Span<byte> bytes = stackalloc byte[SegmentFormat.HeaderBytes];
            SegmentFormat.WriteHeader(bytes, header);
            file.Write(bytes, 0);
            file.Flush();
        }

        // An attempt that failed after this step left an empty segment of the same name.
        File.Move(path + Unfinished, path, overwrite: true);
        SegmentFile.FlushFolder(Path);
        var segment = new Segment(path, header);
        return (segment, OpenForWriting(segment));
    }

    internal void Delete(Segment segment)
    {
        File.Delete(segment.Path);
        SegmentFile.FlushFolder(Path);
    }

    private Segment OpenSegment(string path)
    {
        Span<byte> bytes = stackalloc byte[SegmentFormat.HeaderBytes];
        using var handle = File.OpenHandle(path);
        var read = RandomAccess.Read(handle, bytes, 0);
        if (!SegmentFormat.TryReadHeader(bytes[..read], out var header, out var version))
        {
            throw new DataFolderException(
                version != SegmentFormat.Version
                    ? $"The event log in {path} is of version {version}; this program reads version {SegmentFormat.Version}."
                    : $"{path} is not a segment of the event log, or its header is damaged.");
        }

        var named = long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture, out var offset) && offset == header.FirstOffset;
        return named && header.Partition == partition
            ? new Segment(path, header)
            : throw new DataFolderException($"{path} holds events of partition {header.Partition} from {header.FirstOffset} on: it does not belong there.");
    }
}
