using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>Which blocks are staged for each blob; their bytes are taken from <paramref name="room"/>. Thread-safe.</summary>
internal sealed class StagedBlocks(long maxBlobBytes, StagingRoom room)
{
    private readonly Dictionary<string, Staging> blobs = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Counts a block, in place of one of the same id.</summary>
    /// <param name="claim">The room that it has.</param>
    /// <exception cref="BlobStoreException">A bound is reached; nothing changed.</exception>
    internal void Add(string key, string blockId, StagedBlock block, StagingClaim claim)
    {
        lock (gate)
        {
            var blob = blobs.GetValueOrDefault(key) ?? new Staging();
            var growth = block.Size - blob.Blocks.GetValueOrDefault(blockId).Size;
            var fault = blob.Bytes + growth > maxBlobBytes ? BlobFault.TooLarge
                : blob.Blocks.Count >= BlobLimits.MaxBlocks && !blob.Blocks.ContainsKey(blockId) ? BlobFault.TooManyBlocks
                : default(BlobFault?);
            if (fault is { } why)
            {
                throw new BlobStoreException(why);
            }

            claim.Keep();
            Count(key, blob, blockId, block);
        }
    }

    /// <summary>Counts a block that was there before the process was.</summary>
    internal void Restore(string key, string blockId, StagedBlock block)
    {
        lock (gate)
        {
            room.Add(StagingRoom.Charge(block.Size));
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

            room.Add(-blob.Blocks.Values.Sum(block => StagingRoom.Charge(block.Size)));
            return true;
        }
    }

    /// <summary>The blobs all of whose blocks came before <paramref name="before"/>: nobody is at them any more.</summary>
    internal IReadOnlyList<string> Stale(DateTimeOffset before)
    {
        lock (gate)
        {
            return [.. blobs.Where(blob => blob.Value.IsStale(before)).Select(blob => blob.Key)];
        }
    }

    /// <summary>Whether the blob is one of <see cref="Stale"/>.</summary>
    internal bool IsStale(string key, DateTimeOffset before)
    {
        lock (gate)
        {
            return blobs.TryGetValue(key, out var blob) && blob.IsStale(before);
        }
    }

    private void Count(string key, Staging blob, string blockId, StagedBlock block)
    {
        if (blob.Blocks.TryGetValue(blockId, out var earlier))
        {
            room.Add(-StagingRoom.Charge(earlier.Size));
            blob.Bytes -= earlier.Size;
        }

        blob.Blocks[blockId] = block;
        blob.Bytes += block.Size;
        blobs[key] = blob;
    }

    private sealed class Staging
    {
        public Dictionary<string, StagedBlock> Blocks { get; } = new(StringComparer.Ordinal);

        public long Bytes { get; set; }

        public bool IsStale(DateTimeOffset before) => Blocks.Values.All(block => block.At < before);
    }
}

/// <summary>A block that was uploaded and not committed.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="At">When it came, UTC.</param>
internal readonly record struct StagedBlock(long Size, DateTimeOffset At);
