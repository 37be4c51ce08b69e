namespace Muster.Hosting;

/// <summary>The folder of <see cref="SiloSecrets"/>, locked while something in it is made: several silos may come to it at once.</summary>
internal sealed class SecurityFolder : IDisposable
{
    private const string LockName = "secrets.lock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly FileStream held;

    private SecurityFolder(FileStream held) => this.held = held;

    /// <summary>Makes the folder if it is missing (mode 0700), then waits for whoever holds it.</summary>
    /// <exception cref="StartupException">It cannot be written, or is held for long.</exception>
    internal static async Task<SecurityFolder> LockAsync(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                Create(path);
                return new(new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
            }
            catch (UnauthorizedAccessException exception)
            {
                throw new StartupException(ExitCode.DataFolder, $"{path} lacks something that cannot be made there: {exception.Message}");
            }
            catch (IOException exception) when (clock.GetElapsedTime(started) > Patience || IsReadOnly(exception))
            {
                throw new StartupException(ExitCode.DataFolder, $"{path} lacks something that cannot be made there: {exception.Message}");
            }
            catch (IOException)
            {
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    public void Dispose() => held.Dispose();

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    // EROFS; .NET has no exception of its own for it.
    private static bool IsReadOnly(IOException exception) => exception.HResult == 30;
}
