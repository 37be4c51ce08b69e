using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Muster.Storage.Log;

/// <summary>Walks a segment's frames through a pooled buffer. Blocks on the file: not for a grain's scheduler.</summary>
internal sealed class FrameReader(string path, long position, long end, int bufferBytes) : IDisposable
{
    private readonly SafeFileHandle handle =
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.None);

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(bufferBytes);
    private int start;
    private int filled;

    /// <summary>Where the next frame begins.</summary>
    internal long Position { get; private set; } = position;

    /// <summary>The frame at <see cref="Position"/>, unchecked; empty if none stands there whole. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Peek()
    {
        if (!Have(SegmentFormat.FrameHeadBytes))
        {
            return default;
        }

        var head = SegmentFormat.ReadHead(buffer.AsSpan(start));
        return head.IsPlausible && Have(head.FrameBytes) ? buffer.AsSpan(start, head.FrameBytes) : default;
    }

    internal void Advance(int bytes)
    {
        start += bytes;
        Position += bytes;
    }

    public void Dispose()
    {
        handle.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }

    private bool Have(int bytes)
    {
        if (filled - start >= bytes)
        {
            return true;
        }

        return end - Position >= bytes && Fill(bytes);
    }

    private bool Fill(int bytes)
    {
        var held = buffer.AsSpan(start, filled - start);
        if (bytes > buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(bytes);
            held.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
        else
        {
            held.CopyTo(buffer);
        }

        (start, filled) = (0, held.Length);
        while (filled < bytes)
        {
            var room = (int)Math.Min(buffer.Length - filled, end - Position - filled);
            var read = RandomAccess.Read(handle, buffer.AsSpan(filled, room), Position + filled);
            if (read == 0)
            {
                return false;
            }

            filled += read;
        }

        return true;
    }
}
