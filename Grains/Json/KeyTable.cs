using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Muster.Json;

/// <summary>
/// Finds keys of one text by (object, key), for duplicates and for merging. Hashed with the process's seed, so that nobody can send keys
/// that all fall into one bucket. Dispose it.
/// </summary>
internal ref struct KeyTable(int capacity)
{
    private static readonly ulong Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private Entry[] entries = ArrayPool<Entry>.Shared.Rent(Math.Max(capacity, 16));
    private int[] buckets = NewBuckets(Math.Max(capacity, 16));
    private int count;

    /// <summary>Members in the order they were added.</summary>
    public readonly Span<Entry> Entries => entries.AsSpan(0, count);

    /// <summary>False, and nothing added, if the object has that key already.</summary>
    /// <param name="text">What the entries' positions speak of.</param>
    /// <param name="entry">Where the key stands in it.</param>
    public bool TryAdd(ReadOnlySpan<byte> text, Entry entry)
    {
        var key = text.Slice(entry.KeyAt, entry.KeyLength);
        var hash = Hash(entry.Owner, key);
        if (Find(text, entry.Owner, key, hash) >= 0)
        {
            return false;
        }

        if (count == entries.Length || count * 2 >= buckets.Length)
        {
            Grow();
        }

        entries[count] = entry with { Hash = hash };
        Link(count++);
        return true;
    }

    /// <summary>The index of the entry; -1 if there is none.</summary>
    public readonly int Find(ReadOnlySpan<byte> text, int owner, ReadOnlySpan<byte> key) => Find(text, owner, key, Hash(owner, key));

    public readonly void Dispose()
    {
        ArrayPool<Entry>.Shared.Return(entries);
        ArrayPool<int>.Shared.Return(buckets);
    }

    private static int[] NewBuckets(int capacity)
    {
        // The shared pool hands out powers of two, up to a gigabyte: the length serves as the mask.
        var rented = ArrayPool<int>.Shared.Rent(capacity * 2);
        Array.Fill(rented, -1);
        return rented;
    }

    private static int Hash(int owner, ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ ((ulong)owner << 32) ^ (uint)key.Length;
        for (; key.Length >= sizeof(ulong); key = key[sizeof(ulong)..])
        {
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key));
        }

        foreach (var b in key)
        {
            hash = (hash << 8) ^ (hash >> 56) ^ b;
        }

        hash = Fold(hash);
        return (int)(hash ^ (hash >> 32));
    }

    private static ulong Fold(ulong value) => Math.BigMul(value, Seed | 1, out var low) ^ low;

    private readonly int Find(ReadOnlySpan<byte> text, int owner, ReadOnlySpan<byte> key, int hash)
    {
        for (var i = buckets[hash & (buckets.Length - 1)]; i >= 0; i = entries[i].Next)
        {
            ref readonly var entry = ref entries[i];
            if (entry.Hash == hash && entry.Owner == owner && text.Slice(entry.KeyAt, entry.KeyLength).SequenceEqual(key))
            {
                return i;
            }
        }

        return -1;
    }

    private readonly void Link(int index)
    {
        ref var bucket = ref buckets[entries[index].Hash & (buckets.Length - 1)];
        entries[index].Next = bucket;
        bucket = index;
    }

    private void Grow()
    {
        var larger = ArrayPool<Entry>.Shared.Rent(count * 2);
        Entries.CopyTo(larger);
        ArrayPool<Entry>.Shared.Return(entries);
        ArrayPool<int>.Shared.Return(buckets);
        (entries, buckets) = (larger, NewBuckets(larger.Length));
        for (var i = 0; i < count; i++)
        {
            Link(i);
        }
    }

    /// <summary>A member: where its key and value stand, and whether a merge has used it.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal record struct Entry(int Owner, int KeyAt, int KeyLength, int ValueAt = 0, int ValueLength = 0)
    {
        public int Hash { get; set; }

        public int Next { get; set; }

        public bool Used { get; set; }
    }
}
