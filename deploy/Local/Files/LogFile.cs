using System.Text;

namespace Muster.Local;

/// <summary>A node's output, line by line, in one file of bounded size and the one before it (<c>.1</c>). Safe for several threads.</summary>
internal sealed class LogFile(string path, long maxBytes = LogFile.DefaultBytes) : IDisposable
{
    internal const long DefaultBytes = 32 * 1024 * 1024;
    private readonly Lock gate = new();
    private StreamWriter? writer;
    private long written;
    private bool broken;

    internal string Path { get; } = path;

    /// <summary>A disk that is full must not stop the supervisor: what cannot be written is lost.</summary>
    internal void Append(string line)
    {
        lock (gate)
        {
            try
            {
                Write(line);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                broken = true;
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            Close();
        }
    }

    private void Write(string line)
    {
        if (broken)
        {
            Close();
            broken = false;
        }

        if (writer is null || written >= maxBytes)
        {
            Open(rotates: writer is not null);
        }

        writer!.WriteLine(line);
        written += Encoding.UTF8.GetByteCount(line) + 1;
    }

    private void Open(bool rotates)
    {
        Close();
        if (File.Exists(Path) && (rotates || new FileInfo(Path).Length >= maxBytes))
        {
            File.Move(Path, Path + ".1", overwrite: true);
        }

        writer = new StreamWriter(new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
        written = new FileInfo(Path).Length;
    }

    private void Close()
    {
        try
        {
            writer?.Dispose();
        }
        catch (IOException)
        {
            // What was buffered did not fit on the disk.
        }

        writer = null;
    }
}
