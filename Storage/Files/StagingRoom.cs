using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>How many bytes are staged, and on their way, within what a store keeps. Thread-safe.</summary>
internal sealed class StagingRoom(long maxBytes)
{
    /// <summary>What a block counts for at least: small ones have their price too.</summary>
    internal const int MinBytes = 4096;

    private readonly Lock gate = new();
    private long kept;
    private long claimed;

    /// <summary>What a block of <paramref name="size"/> bytes counts for.</summary>
    internal static long Charge(long size) => Math.Max(size, MinBytes);

    /// <summary>Room for one write, which grows with it; given back when it is disposed, unless it was kept.</summary>
    /// <exception cref="BlobStoreException">Nothing more has room.</exception>
    internal StagingClaim Claim()
    {
        Take(MinBytes);
        return new StagingClaim(this);
    }

    /// <summary>What is staged, by the store's own count.</summary>
    internal void Set(long bytes)
    {
        lock (gate)
        {
            kept = bytes;
        }
    }

    /// <summary>More, or less, is staged; whether it has room or not.</summary>
    internal void Add(long bytes)
    {
        lock (gate)
        {
            kept = Math.Max(0, kept + bytes);
        }
    }

    internal void Take(long bytes)
    {
        lock (gate)
        {
            if (kept + claimed + bytes > maxBytes)
            {
                throw new BlobStoreException(BlobFault.StoreFull);
            }

            claimed += bytes;
        }
    }

    internal void Release(long bytes, bool isKept)
    {
        lock (gate)
        {
            claimed -= bytes;
            kept += isKept ? bytes : 0;
        }
    }
}

/// <summary>Room for one write, taken before its bytes are written. Of one writer.</summary>
internal sealed class StagingClaim(StagingRoom room) : IDisposable
{
    private long bytes = StagingRoom.MinBytes;

    /// <summary>There are <paramref name="size"/> bytes in all.</summary>
    /// <exception cref="BlobStoreException">They have no room.</exception>
    internal void GrowTo(long size)
    {
        var more = StagingRoom.Charge(size) - bytes;
        if (more > 0)
        {
            room.Take(more);
            bytes += more;
        }
    }

    /// <summary>What was written is staged from now on.</summary>
    internal void Keep() => Release(isKept: true);

    public void Dispose() => Release(isKept: false);

    private void Release(bool isKept)
    {
        room.Release(bytes, isKept);
        bytes = 0;
    }
}
