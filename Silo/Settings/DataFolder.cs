namespace Muster.Hosting;

/// <summary>The data folder, held by this process alone for as long as it runs.</summary>
internal sealed class DataFolder : IDisposable
{
    internal const string LockFile = "lock";

    // EWOULDBLOCK on Linux and macOS: another process holds the lock.
    private static readonly int[] HeldByAnother = [11, 35];

    private readonly FileStream heldLock;

    private DataFolder(string path, FileStream heldLock)
    {
        Path = path;
        this.heldLock = heldLock;
    }

    /// <summary>Absolute.</summary>
    internal string Path { get; }

    /// <summary>Makes the folder if there is none, and locks it.</summary>
    /// <exception cref="StartupException">It cannot be used: exit code 3.</exception>
    internal static DataFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            _ = Directory.EnumerateFileSystemEntries(path).FirstOrDefault();
            var lockPath = System.IO.Path.Combine(path, LockFile);
            return new(path, new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (HeldByAnother.Contains(exception.HResult))
        {
            throw new StartupException(ExitCode.DataFolder, $"data folder {path} is in use by another hub (--data chooses another)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.DataFolder, $"data folder {path} cannot be used: {exception.Message}");
        }
    }

    public void Dispose() => heldLock.Dispose();
}
