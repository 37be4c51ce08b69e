using System.Buffers.Binary;

namespace Muster.CloudToDevice;

/// <summary>
/// A device's queue as its row has it: null while it is empty, else version (1 byte), count (1 byte, where SQL finds it) and the messages, oldest
/// first. Never changed: each change makes another.
/// </summary>
internal readonly struct CloudQueue(byte[]? bytes)
{
    private const byte Version = 1;
    private const int HeadBytes = 2;

    public int Count => bytes?[1] ?? 0;

    /// <summary>Oldest first.</summary>
    public IEnumerable<QueuedMessage> Messages
    {
        get
        {
            for (var at = HeadBytes; at < (bytes?.Length ?? 0);)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
                yield return new QueuedMessage(bytes.AsMemory(at, length));
                at += length;
            }
        }
    }

    /// <summary>The queue with one more message behind the others, and what is known of how often these were delivered.</summary>
    public byte[] With(CloudMessage message, MessageStamp stamp, MessageLocks? locks)
    {
        var size = QueuedMessage.SizeOf(message);
        var next = new byte[Math.Max(bytes?.Length ?? 0, HeadBytes) + size];
        bytes.CopyTo(next.AsSpan());
        (next[0], next[1]) = (Version, (byte)(Count + 1));
        QueuedMessage.Write(next.AsSpan(^size..), message, stamp);
        NoteDeliveries(next, locks);
        return next;
    }

    /// <summary>The queue without some messages; null if none is left.</summary>
    public byte[]? Without(IReadOnlySet<Guid> ids, MessageLocks? locks)
    {
        var kept = Messages.Where(message => !ids.Contains(message.Id)).ToArray();
        if (kept.Length == 0)
        {
            return null;
        }

        var next = new byte[HeadBytes + kept.Sum(message => message.Bytes.Length)];
        (next[0], next[1]) = (Version, (byte)kept.Length);
        var at = HeadBytes;
        foreach (var message in kept)
        {
            message.Bytes.CopyTo(next.AsMemory(at));
            at += message.Bytes.Length;
        }

        NoteDeliveries(next, locks);
        return next;
    }

    private static void NoteDeliveries(byte[] fresh, MessageLocks? locks)
    {
        if (locks is null)
        {
            return;
        }

        var at = HeadBytes;
        foreach (var message in new CloudQueue(fresh).Messages)
        {
            QueuedMessage.SetDeliveries(fresh.AsSpan(at), locks.Deliveries(message));
            at += message.Bytes.Length;
        }
    }
}
