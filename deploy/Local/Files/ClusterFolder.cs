using System.Globalization;

namespace Muster.Local;

/// <summary>
/// The cluster's folder, held by one supervisor at a time. It carries the lock and the version mark of a data folder, so that <c>./run</c> leaves
/// it alone, and the other way round.
/// </summary>
internal sealed class ClusterFolder : IDisposable
{
    private const string Mark = "cluster-1";
    private readonly FileStream held;

    private ClusterFolder(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    internal string Path { get; }

    internal string ConnectionFile => File("connection.json");

    internal string Secrets => File("secrets");

    /// <exception cref="LocalException">It is in use, belongs to <c>./run</c>, or cannot be used.</exception>
    internal static ClusterFolder Open(string path)
    {
        try
        {
            Create(path);
            var held = Lock(path);
            try
            {
                CheckMark(path);
                Create(System.IO.Path.Combine(path, "logs"));
                return new ClusterFolder(path, held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new LocalException(ExitCode.DataFolder, $"the folder {path} cannot be used: {fault.Message}");
        }
    }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    internal string Log(string node) => System.IO.Path.Combine(Path, "logs", node + ".log");

    public void Dispose() => held.Dispose();

    private static void Create(string path)
    {
        if (!Directory.Exists(path) && !OperatingSystem.IsWindows())
        {
            // Searchable by others, for PostgreSQL's own user; what is secret has modes of its own.
            Directory.CreateDirectory(path, (UnixFileMode)0b111_001_001);
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException fault) when (fault is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new LocalException(ExitCode.DataFolder, $"the folder {path} is in use by another cluster or hub, or cannot be locked: {fault.Message}");
        }
    }

    private static void CheckMark(string path)
    {
        var file = System.IO.Path.Combine(path, "version");
        if (!System.IO.File.Exists(file))
        {
            WholeFile.Write(file, System.Text.Encoding.ASCII.GetBytes(Mark + "\n"));
            return;
        }

        var found = System.IO.File.ReadAllText(file).Trim();
        if (found == Mark)
        {
            return;
        }

        throw new LocalException(ExitCode.DataFolder, int.TryParse(found, CultureInfo.InvariantCulture, out _)
            ? $"{path} is the data folder of a hub (./run); a cluster needs one of its own: --data DIR"
            : $"the folder {path} is of version '{found}'; this program reads {Mark}");
    }
}
