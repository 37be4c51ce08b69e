namespace Muster.CloudToDevice;

/// <summary>
/// Who has which message of a device. Lives with the activation: where it is lost, every message is free again, and a delivery counts no more unless
/// something was written to the queue since. A token is its message's id with another end for each delivery, so that a device which was handed a
/// message before the loss still settles it.
/// </summary>
internal sealed class MessageLocks
{
    private const int NonceBytes = 4;
    private readonly Dictionary<Guid, Lock> locks = [];

    /// <summary>How often the message was delivered.</summary>
    public int Deliveries(QueuedMessage message) => locks.TryGetValue(message.Id, out var known) ? known.Deliveries : message.Deliveries;

    /// <summary>True if somebody has the message.</summary>
    /// <param name="id">The message's.</param>
    /// <param name="epoch">Of the device's session; 0 if it has none.</param>
    /// <param name="now">UTC.</param>
    public bool IsHeld(Guid id, long epoch, DateTimeOffset now) =>
        locks.TryGetValue(id, out var known) && known.Token != default && (known.Until is { } until ? until > now : known.Epoch == epoch);

    /// <summary>How many of <paramref name="messages"/> the session has.</summary>
    public int CountHeldBy(long epoch, IEnumerable<QueuedMessage> messages) =>
        messages.Count(message => locks.TryGetValue(message.Id, out var known) && known.Token != default && known.Until is null && known.Epoch == epoch);

    /// <summary>Lends the message until <paramref name="until"/>, or to the session of <paramref name="epoch"/> for as long as it lasts.</summary>
    public LockedMessage Take(QueuedMessage message, long epoch, DateTimeOffset? until)
    {
        var deliveries = Deliveries(message);
        var token = NewToken(message.Id);
        locks[message.Id] = new Lock(token, epoch, until, deliveries + 1);
        return new LockedMessage
        {
            Message = message.Read(),
            SequenceNumber = message.Sequence,
            EnqueuedAt = message.EnqueuedAt,
            ExpiresAt = message.ExpiresAt,
            DeliveryCount = deliveries,
            LockToken = token,
        };
    }

    /// <summary>When the next lock of limited time lapses; null if there is none.</summary>
    public DateTimeOffset? NextLapse(DateTimeOffset now) =>
        locks.Values.Where(known => known.Token != default && known.Until > now).Min(known => known.Until);

    /// <summary>The message was not delivered after all.</summary>
    public void Untake(LockedMessage message)
    {
        foreach (var (id, known) in locks)
        {
            if (known.Token == message.LockToken)
            {
                locks[id] = known with { Token = default, Deliveries = message.DeliveryCount };
                return;
            }
        }
    }

    /// <summary>Frees the message; its delivery counts.</summary>
    public void Release(Guid id)
    {
        if (locks.TryGetValue(id, out var known))
        {
            locks[id] = known with { Token = default };
        }
    }

    /// <summary>True if the token settles the message: it is the last that was given out, and no lock of limited time that has lapsed.</summary>
    public bool Opens(Guid token, Guid id, DateTimeOffset now)
    {
        if (!IsOf(token, id))
        {
            return false;
        }

        return !locks.TryGetValue(id, out var known) || (known.Token == token && (known.Until is not { } until || until > now));
    }

    /// <summary>Forgets messages that are no longer in the queue.</summary>
    public void Keep(CloudQueue queue)
    {
        if (locks.Count == 0)
        {
            return;
        }

        var there = queue.Messages.Select(message => message.Id).ToHashSet();
        foreach (var id in locks.Keys.Where(id => !there.Contains(id)).ToArray())
        {
            locks.Remove(id);
        }
    }

    private static Guid NewToken(Guid id)
    {
        Span<byte> token = stackalloc byte[16];
        Span<byte> nonce = stackalloc byte[16];
        id.TryWriteBytes(token);
        Guid.NewGuid().TryWriteBytes(nonce);
        nonce[..NonceBytes].CopyTo(token[^NonceBytes..]);
        return new Guid(token);
    }

    /// <summary>True if the token is, or was, one of the message's.</summary>
    public static bool IsOf(Guid token, Guid id)
    {
        Span<byte> a = stackalloc byte[16];
        Span<byte> b = stackalloc byte[16];
        token.TryWriteBytes(a);
        id.TryWriteBytes(b);
        return a[..^NonceBytes].SequenceEqual(b[..^NonceBytes]);
    }

    /// <param name="Token">Nothing: nobody has the message.</param>
    /// <param name="Epoch">Of the session that has it; of no meaning where <paramref name="Until"/> is given.</param>
    /// <param name="Until">When the lock lapses; null for one that lasts as long as its session.</param>
    /// <param name="Deliveries">This one included.</param>
    private readonly record struct Lock(Guid Token, long Epoch, DateTimeOffset? Until, int Deliveries);
}
