using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Muster.Storage.Log;

/// <summary>A segment that is being written. Calls block: they belong on a writer's thread. Tests break it by deriving.</summary>
internal partial class SegmentFile(string path, FileMode mode) : IDisposable
{
    private readonly SafeFileHandle handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    internal string Path { get; } = path;

    internal virtual void Write(ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(handle, bytes, position);

    /// <summary>Returns once all that was written, and the file's length, is on disk.</summary>
    internal virtual void Flush() => Sync(handle);

    internal virtual void Truncate(long length) => RandomAccess.SetLength(handle, length);

    public void Dispose()
    {
        handle.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes creations, renames and deletions in <paramref name="folder"/> durable.</summary>
    internal static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            using var handle = new SafeFileHandle(Open(folder, 0), ownsHandle: true);
            if (handle.IsInvalid || FSync(handle) != 0)
            {
                throw new IOException($"The folder {folder} could not be flushed (error {Marshal.GetLastPInvokeError()}).");
            }
        }
    }

    private static void Sync(SafeFileHandle handle)
    {
        // .NET's own flush is fsync, which also writes time stamps; the data and the length are all that recovery needs.
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(handle);
        }
        else if (FDataSync(handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} (fdatasync)", error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);
}
