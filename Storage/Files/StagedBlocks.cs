using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>How much is staged, for each blob and in all. Thread-safe.</summary>
internal sealed class StagedBlocks(long maxBlobBytes, long maxBytes)
{
    private readonly Dictionary<string, Staging> blobs = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private long total;

    /// <summary>Counts a block, in place of one of the same id.</summary>
    /// <exception cref="BlobStoreException">A bound is reached; nothing changed.</exception>
    internal void Add(string key, string blockId, StagedBlock block)
    {
        lock (gate)
        {
            var blob = blobs.GetValueOrDefault(key) ?? new Staging();
            var growth = block.Size - blob.Blocks.GetValueOrDefault(blockId).Size;
            var fault = blob.Bytes + growth > maxBlobBytes ? BlobFault.TooLarge
                : blob.Blocks.Count >= BlobLimits.MaxBlocks && !blob.Blocks.ContainsKey(blockId) ? BlobFault.TooManyBlocks
                : total + growth > maxBytes ? BlobFault.StoreFull
                : default(BlobFault?);
            if (fault is { } why)
            {
                throw new BlobStoreException(why);
            }

            Count(key, blob, blockId, block);
        }
    }

    /// <summary>Counts a block that was there before the process was.</summary>
    internal void Restore(string key, string blockId, StagedBlock block)
    {
        lock (gate)
        {
            Count(key, blobs.GetValueOrDefault(key) ?? new Staging(), blockId, block);
        }
    }

    internal bool Contains(string key, string blockId)
    {
        lock (gate)
        {
            return blobs.TryGetValue(key, out var blob) && blob.Blocks.ContainsKey(blockId);
        }
    }

    /// <summary>Counts none of the blob's blocks any more; true if there were any.</summary>
    internal bool Remove(string key)
    {
        lock (gate)
        {
            if (!blobs.Remove(key, out var blob))
            {
                return false;
            }

            total -= blob.Bytes;
            return true;
        }
    }

    /// <summary>The blobs all of whose blocks came before <paramref name="before"/>: nobody is at them any more.</summary>
    internal IReadOnlyList<string> Stale(DateTimeOffset before)
    {
        lock (gate)
        {
            return [.. blobs.Where(blob => blob.Value.Blocks.Values.All(block => block.At < before)).Select(blob => blob.Key)];
        }
    }

    private void Count(string key, Staging blob, string blockId, StagedBlock block)
    {
        var growth = block.Size - blob.Blocks.GetValueOrDefault(blockId).Size;
        blob.Blocks[blockId] = block;
        blob.Bytes += growth;
        total += growth;
        blobs[key] = blob;
    }

    private sealed class Staging
    {
        public Dictionary<string, StagedBlock> Blocks { get; } = new(StringComparer.Ordinal);

        public long Bytes { get; set; }
    }
}

/// <summary>A block that was uploaded and not committed.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="At">When it came, UTC.</param>
internal readonly record struct StagedBlock(long Size, DateTimeOffset At);
