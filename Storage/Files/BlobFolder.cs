using System.Security.Cryptography;
using System.Text;
using Muster.Storage.Log;

namespace Muster.Storage.Files;

/// <summary>
/// Where files of the blob store lie. No text from outside is part of a path: a blob's file is named by the SHA-256 of its name, a block's by its id in
/// hex. What is being written lies apart, and is renamed when it is whole and on disk.
/// </summary>
internal sealed class BlobFolder
{
    private readonly string blobs;
    private readonly string staged;
    private readonly string incoming;

    internal BlobFolder(string path)
    {
        (blobs, staged, incoming) = (Path.Combine(path, "blobs"), Path.Combine(path, "staged"), Path.Combine(path, "incoming"));
        if (Directory.Exists(incoming))
        {
            // Only one process is ever at work here: whatever it wrote died with it.
            Directory.Delete(incoming, recursive: true);
        }

        foreach (var folder in (string[])[blobs, staged, incoming])
        {
            Directory.CreateDirectory(folder);
        }

        SegmentFile.FlushFolder(path);
    }

    internal static string Key(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    internal string Blob(string key) => Path.Combine(blobs, key[..2], key);

    internal string StagedFolder(string key) => Path.Combine(staged, key);

    internal string Block(string key, string blockId) => Path.Combine(StagedFolder(key), blockId);

    /// <summary>Every block that is staged: its blob's key, its id, and its file.</summary>
    internal IEnumerable<(string Key, string BlockId, FileInfo File)> StagedBlocks() =>
        from folder in new DirectoryInfo(staged).EnumerateDirectories()
        from file in folder.EnumerateFiles()
        select (folder.Name, file.Name, file);

    /// <summary>A new file that nobody else sees.</summary>
    internal FileStream Create() => new(Path.Combine(incoming, Guid.NewGuid().ToString("N")), new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.None,
        Options = FileOptions.Asynchronous,
        BufferSize = 0,
    });

    /// <summary>Puts a whole file that is on disk in its place, in one step and durably.</summary>
    internal static void Place(string file, string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            SegmentFile.FlushFolder(Path.GetDirectoryName(folder)!);
        }

        File.Move(file, path, overwrite: true);
        SegmentFile.FlushFolder(folder);
    }

    /// <summary>As <see cref="Place"/>, for a file that has its place already; false if there is no such file.</summary>
    internal static bool Move(string file, string path)
    {
        if (!File.Exists(file))
        {
            return false;
        }

        Place(file, path);
        SegmentFile.FlushFolder(Path.GetDirectoryName(file)!);
        return true;
    }

    /// <summary>False if there is no such file; gone for good when it returns.</summary>
    internal static bool Delete(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        SegmentFile.FlushFolder(Path.GetDirectoryName(path)!);
        return true;
    }
}
