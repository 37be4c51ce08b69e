using System.Globalization;

namespace Muster.Storage;

/// <summary>
/// The folder that holds everything durable of one process, locked for as long as this object lives, also against a process that is killed
/// and started again. Whoever reads or repairs a file in the folder opens it first.
/// </summary>
public sealed class DataFolder : IDisposable
{
    /// <summary>Raised when an older program can no longer read what a newer one leaves in the folder.</summary>
    public const int Version = 1;

    private readonly FileStream lockFile;

    private DataFolder(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder if it is missing (mode 0700), checks its version and locks it.</summary>
    /// <exception cref="DataFolderException">Unreadable, of another version, or in use by another process.</exception>
    public static DataFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Create(full);
            return OpenLocked(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"The data folder {full} cannot be used: {e.Message}", e);
        }
    }

    public void Dispose() => lockFile.Dispose();

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static DataFolder OpenLocked(string path)
    {
        var lockFile = Lock(path);
        try
        {
            CheckVersion(path);
            return new DataFolder(path, lockFile);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new DataFolderException($"The data folder {path} is in use by another process, or cannot be locked: {e.Message}", e);
        }
    }

    private static void CheckVersion(string path)
    {
        var file = System.IO.Path.Combine(path, "version");
        if (!File.Exists(file))
        {
            // By rename, so that a crash never leaves an empty version.
            var fresh = file + ".new";
            File.WriteAllText(fresh, string.Create(CultureInfo.InvariantCulture, $"{Version}\n"));
            File.Move(fresh, file, overwrite: true);
            return;
        }

        var text = File.ReadAllText(file).Trim();
        if (text != Version.ToString(CultureInfo.InvariantCulture))
        {
            throw new DataFolderException($"The data folder {path} is of version '{text}'; this program reads version {Version}.");
        }
    }
}
