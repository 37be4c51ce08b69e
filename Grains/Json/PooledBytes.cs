using System.Buffers;

namespace Muster.Json;

/// <summary>A growing buffer from the pool. Dispose it, and use no span of it afterwards.</summary>
internal ref struct PooledBytes(int capacity)
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(capacity);
    private int length;

    public readonly ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    public readonly int Length => length;

    public void Write(byte value) => Take(1)[0] = value;

    public void Write(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>The next <paramref name="count"/> bytes, to be filled in.</summary>
    public Span<byte> Take(int count)
    {
        if (buffer.Length - length < count)
        {
            Grow(count);
        }

        length += count;
        return buffer.AsSpan(length - count, count);
    }

    /// <summary>Takes back the last <paramref name="count"/> bytes.</summary>
    public void TakeBack(int count) => length -= count;

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + count));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
