using Muster.Json;

namespace Muster.Twins;

/// <summary>What a merge does to each member of its target, in the order of its result: how metadata follows the document.</summary>
internal interface IMergeTrace
{
    /// <summary>A member of the target stays, with all that is in it.</summary>
    void Keep(ReadOnlySpan<byte> value);

    /// <summary>A member of the target is gone, with all that was in it; what replaces it is told by <see cref="Set"/>.</summary>
    void Drop(ReadOnlySpan<byte> value);

    /// <summary>An object of the target stays and is changed inside.</summary>
    void Enter();

    /// <summary>A member is new.</summary>
    void Set();
}

/// <summary>
/// JSON Merge Patch (RFC 7396) over UTF-8: null deletes, objects merge, all else (arrays too) replaces. Both texts are objects, compact, and
/// without duplicate keys, see <see cref="TwinLimits"/>; so is the result.
/// </summary>
internal static class MergePatch
{
    /// <summary>Merges without a trace.</summary>
    internal static byte[] Apply(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch)
    {
        var trace = default(NoTrace);
        return Apply(target, patch, ref trace);
    }

    internal static byte[] Apply<TTrace>(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch, ref TTrace trace)
        where TTrace : struct, IMergeTrace, allows ref struct
    {
        var result = new PooledBytes(target.Length + patch.Length);
        try
        {
            Merge(target, patch, ref result, ref trace);
            return result.Written.ToArray();
        }
        finally
        {
            result.Dispose();
        }
    }

    private static void Merge<TTrace>(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch, ref PooledBytes result, ref TTrace trace)
        where TTrace : struct, IMergeTrace, allows ref struct
    {
        var changes = new KeyTable(32);
        try
        {
            Index(patch, ref changes);
            result.Write((byte)'{');
            MergeMembers(target, patch, ref changes, ref result, ref trace);
            foreach (ref readonly var change in changes.Entries)
            {
                if (!change.Used)
                {
                    Set(patch.Slice(change.KeyAt, change.KeyLength), patch.Slice(change.ValueAt, change.ValueLength), ref result, ref trace);
                }
            }

            Close(ref result);
        }
        finally
        {
            changes.Dispose();
        }
    }

    private static void MergeMembers<TTrace>(
        ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch, ref KeyTable changes, ref PooledBytes result, ref TTrace trace)
        where TTrace : struct, IMergeTrace, allows ref struct
    {
        for (var members = new CompactObject(target); members.MoveNext();)
        {
            var index = changes.Find(patch, 0, members.Key);
            if (index < 0)
            {
                trace.Keep(members.Value);
                WriteMember(members.Key, members.Value, ref result);
                continue;
            }

            ref var change = ref changes.Entries[index];
            change.Used = true;
            var value = patch.Slice(change.ValueAt, change.ValueLength);
            if (value[0] == (byte)'{' && members.IsObject)
            {
                trace.Enter();
                WriteKey(members.Key, ref result);
                Merge(members.Value, value, ref result, ref trace);
                result.Write((byte)',');
            }
            else
            {
                trace.Drop(members.Value);
                Set(members.Key, value, ref result, ref trace);
            }
        }
    }

    // A new member: its nulls say "absent", not "null"; inside arrays they are values.
    private static void Set<TTrace>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref PooledBytes result, ref TTrace trace)
        where TTrace : struct, IMergeTrace, allows ref struct
    {
        switch (value[0])
        {
            case (byte)'n':
                return;
            case (byte)'{':
                trace.Set();
                WriteKey(key, ref result);
                result.Write((byte)'{');
                for (var members = new CompactObject(value); members.MoveNext();)
                {
                    Set(members.Key, members.Value, ref result, ref trace);
                }

                Close(ref result);
                result.Write((byte)',');
                return;
            default:
                trace.Set();
                WriteMember(key, value, ref result);
                return;
        }
    }

    private static void Index(ReadOnlySpan<byte> patch, ref KeyTable changes)
    {
        for (var members = new CompactObject(patch); members.MoveNext();)
        {
            patch.Overlaps(members.Key, out var keyAt);
            patch.Overlaps(members.Value, out var valueAt);
            changes.TryAdd(patch, new KeyTable.Entry(0, keyAt, members.Key.Length, valueAt, members.Value.Length));
        }
    }

    private static void WriteKey(ReadOnlySpan<byte> key, ref PooledBytes result)
    {
        var span = result.Take(key.Length + 3);
        span[0] = (byte)'"';
        key.CopyTo(span[1..]);
        span[^2] = (byte)'"';
        span[^1] = (byte)':';
    }

    private static void WriteMember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref PooledBytes result)
    {
        WriteKey(key, ref result);
        result.Write(value);
        result.Write((byte)',');
    }

    // Every member is written with a comma behind it; the last one gives way to the brace.
    private static void Close(ref PooledBytes result)
    {
        if (result.Written[^1] == (byte)',')
        {
            result.TakeBack(1);
        }

        result.Write((byte)'}');
    }

    private readonly struct NoTrace : IMergeTrace
    {
        public void Keep(ReadOnlySpan<byte> value) { }

        public void Drop(ReadOnlySpan<byte> value) { }

        public void Enter() { }

        public void Set() { }
    }
}
