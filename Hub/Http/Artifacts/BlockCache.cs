using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Muster.Files;

namespace Muster.Releases;

/// <summary>
/// Blocks of artifacts in memory, each read and verified once for all who ask for it at about the same time. It is the bytes in memory that were verified, not
/// the file, which may change underneath. The least recently used go first; one that is being sent stays until it was. Thread-safe.
/// </summary>
internal sealed class BlockCache(IOptions<ReleaseOptions> options)
{
    private readonly long capacity = options.Value.BlockCacheBytes;
    private readonly ArrayPool<byte> buffers =
        ArrayPool<byte>.Create(ArtifactBlocks.Bytes, (int)Math.Min(4096, options.Value.BlockCacheBytes / ArtifactBlocks.Bytes + options.Value.MaxDownloads));

    private readonly Lock gate = new();
    private readonly Dictionary<(string Sha256, int Index), Entry> entries = [];
    private readonly LinkedList<Entry> order = [];
    private long bytes;

    /// <summary>Lends a block out; whoever asked disposes the lease.</summary>
    /// <exception cref="ArtifactDamagedException">Its bytes are not what they were.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal async ValueTask<BlockLease> LeaseAsync(OpenArtifact artifact, int index)
    {
        var entry = Enter(artifact, index, out var isMine);
        try
        {
            if (isMine)
            {
                _ = LoadAsync(entry, artifact, index);
            }

            await entry.Loaded;
            return new BlockLease(this, entry);
        }
        catch
        {
            Release(entry);
            throw;
        }
    }

    internal void Release(Entry entry)
    {
        lock (gate)
        {
            if (--entry.Holders == 0)
            {
                buffers.Return(entry.Buffer);
            }
        }
    }

    private Entry Enter(OpenArtifact artifact, int index, out bool isMine)
    {
        lock (gate)
        {
            isMine = !entries.TryGetValue((artifact.Sha256, index), out var entry);
            if (entry is null)
            {
                // One holder is the cache itself.
                entry = new Entry((artifact.Sha256, index), buffers.Rent(ArtifactBlocks.Bytes), artifact.LengthOf(index)) { Holders = 1 };
                entries.Add(entry.Key, entry);
                entry.Place = order.AddLast(entry);
                bytes += ArtifactBlocks.Bytes;
            }
            else if (entry.Place is { List: not null } place)
            {
                order.Remove(place);
                order.AddLast(place);
            }

            entry.Holders++;
            return entry;
        }
    }

    private async Task LoadAsync(Entry entry, OpenArtifact artifact, int index)
    {
        try
        {
            using (var stream = new MemoryStream(entry.Buffer, 0, entry.Length, writable: true))
            {
                await artifact.Reader.CopyToAsync(stream, (long)index * ArtifactBlocks.Bytes, entry.Length, CancellationToken.None);
            }

            if (!artifact.IsRight(index, SHA256.HashData(entry.Buffer.AsSpan(0, entry.Length))))
            {
                throw new ArtifactDamagedException(artifact.Sha256, index);
            }

            Evict(keep: entry);
            entry.Succeed();
        }
        catch (Exception fault)
        {
            lock (gate)
            {
                Drop(entry);
            }

            entry.Fail(fault);
        }
    }

    private void Evict(Entry keep)
    {
        lock (gate)
        {
            for (var node = order.First; node is not null && bytes > capacity;)
            {
                var next = node.Next;
                if (node.Value.Loaded.IsCompleted || node.Value == keep)
                {
                    Drop(node.Value);
                }

                node = next;
            }
        }
    }

    private void Drop(Entry entry)
    {
        if (entry.Place is { List: not null } place)
        {
            order.Remove(place);
            entries.Remove(entry.Key);
            bytes -= ArtifactBlocks.Bytes;
            if (--entry.Holders == 0)
            {
                buffers.Return(entry.Buffer);
            }
        }
    }

    internal sealed class Entry((string Sha256, int Index) key, byte[] buffer, int length)
    {
        private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal (string Sha256, int Index) Key => key;

        internal byte[] Buffer => buffer;

        internal int Length => length;

        internal int Holders { get; set; }

        internal LinkedListNode<Entry>? Place { get; set; }

        internal Task Loaded => loaded.Task;

        internal void Succeed() => loaded.TrySetResult();

        internal void Fail(Exception fault) => loaded.TrySetException(fault);
    }
}

/// <summary>A block that stays in memory until this is disposed, once.</summary>
internal readonly struct BlockLease(BlockCache cache, BlockCache.Entry entry) : IDisposable
{
    internal ReadOnlyMemory<byte> Bytes => entry.Buffer.AsMemory(0, entry.Length);

    public void Dispose() => cache.Release(entry);
}

/// <summary>An artifact's bytes, open, with the hashes that they must have.</summary>
internal sealed class OpenArtifact(string sha256, IBlobReader reader, byte[] blocks) : IAsyncDisposable
{
    internal string Sha256 => sha256;

    internal IBlobReader Reader => reader;

    internal long Size => reader.Properties.Size;

    internal int LengthOf(int index) => (int)Math.Min(ArtifactBlocks.Bytes, Size - (long)index * ArtifactBlocks.Bytes);

    internal bool IsRight(int index, ReadOnlySpan<byte> hash) =>
        hash.SequenceEqual(blocks.AsSpan(index * ArtifactBlocks.HashBytes, ArtifactBlocks.HashBytes));

    public ValueTask DisposeAsync() => reader.DisposeAsync();
}

/// <summary>The bytes of an artifact are not those that were uploaded.</summary>
internal sealed class ArtifactDamagedException(string sha256, int block) : Exception($"Block {block} of the artifact {sha256} is damaged.")
{
    internal string Sha256 => sha256;
}
