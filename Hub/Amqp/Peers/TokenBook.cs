using System.Diagnostics.CodeAnalysis;
using Muster.Access;
using Muster.Devices;

namespace Muster.Amqp;

/// <summary>What a connection has proved, and until when: one token per audience, and devices that were found to be the client's. Thread-safe.</summary>
internal sealed class TokenBook(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<DeviceKey, Memo> devices = [];
    private bool isReplaced;

    /// <summary>When the first of the tokens and certificates that hold ends; null for none.</summary>
    public DateTimeOffset? NextEnd
    {
        get
        {
            lock (gate)
            {
                DropEnded();
                var ends = entries.Values.Select(static entry => entry.EndsAt).Concat(devices.Values.Select(static memo => memo.EndsAt));
                return ends.Min(static end => (DateTimeOffset?)end);
            }
        }
    }

    /// <summary>Takes a checked token in place of the audience's last one. False: there are <see cref="AmqpLimits.MaxTokens"/> already.</summary>
    public bool TryAdd(string audience, Entry entry)
    {
        lock (gate)
        {
            DropEnded();
            if (entries.Count >= AmqpLimits.MaxTokens && !entries.ContainsKey(audience))
            {
                return false;
            }

            if (entries.Remove(audience, out var last))
            {
                Forget(last);
                isReplaced |= !entry.IsOfSame(last);
            }

            entries.Add(audience, entry);
            return true;
        }
    }

    /// <summary>Whether since the last call a token took the place of one of somebody else, or for something else.</summary>
    public bool TakeReplaced()
    {
        lock (gate)
        {
            var was = isReplaced;
            isReplaced = false;
            return was;
        }
    }

    /// <summary>A policy's grant that the claim asks for; null if none is held.</summary>
    public AccessGrant? Find(LinkClaim.Policy claim) => Live().FirstOrDefault(entry =>
        entry.Grant is { } grant && grant.Rights.HasFlag(claim.Rights) && (claim.Path is not { } path || entry.Token.Covers(path.AsSpan())))?.Grant;

    /// <summary>The tokens that may speak for the device.</summary>
    public IEnumerable<Entry> Covering(DeviceKey key) => Live().Where(entry => Covers(entry.Token, key));

    /// <summary>What was found out about the device, while what it rests on holds.</summary>
    public bool TryFind(DeviceKey key, [NotNullWhen(true)] out DeviceAccess.Authenticated? access)
    {
        lock (gate)
        {
            DropEnded();
            access = devices.GetValueOrDefault(key)?.Access;
            return access is not null;
        }
    }

    /// <summary>Remembers who the device is.</summary>
    /// <param name="key">The device.</param>
    /// <param name="access">What its credentials gave.</param>
    /// <param name="by">The token that showed it; null for the certificate.</param>
    public void Remember(DeviceKey key, DeviceAccess.Authenticated access, Entry? by)
    {
        lock (gate)
        {
            if (devices.Count >= AmqpLimits.MaxTokens)
            {
                devices.Clear();
            }

            devices[key] = new(access, by, by?.EndsAt ?? access.ExpiresAt);
        }
    }

    private static bool Covers(SasToken token, DeviceKey key) => key.ModuleId is { } module
        ? token.Covers("devices", key.DeviceId, "modules", module)
        : token.Covers("devices", key.DeviceId);

    private Entry[] Live()
    {
        lock (gate)
        {
            DropEnded();
            return [.. entries.Values];
        }
    }

    private void DropEnded()
    {
        var now = clock.GetUtcNow();
        foreach (var (audience, entry) in entries)
        {
            if (entry.EndsAt <= now)
            {
                entries.Remove(audience);
                Forget(entry);
            }
        }

        foreach (var (key, memo) in devices)
        {
            if (memo.EndsAt <= now)
            {
                devices.Remove(key);
            }
        }
    }

    // What was found out by a token does not outlive it: the next one may be another's.
    private void Forget(Entry entry)
    {
        foreach (var (key, memo) in devices)
        {
            if (ReferenceEquals(memo.By, entry))
            {
                devices.Remove(key);
            }
        }
    }

    /// <summary>A token that held when it came.</summary>
    /// <param name="Text">As it came.</param>
    /// <param name="Token">The same, parsed.</param>
    /// <param name="Grant">What it grants, if a policy signed it.</param>
    /// <param name="EndsAt">UTC.</param>
    internal sealed record Entry(string Text, SasToken Token, AccessGrant? Grant, DateTimeOffset EndsAt)
    {
        /// <summary>Whether it proves what the other does: a device's own token, or a policy's with the same rights, and for the same scope.</summary>
        public bool IsOfSame(Entry other) =>
            Token.PolicyName == other.Token.PolicyName && Token.Path == other.Token.Path && Grant?.Rights == other.Grant?.Rights;

        /// <summary>No token in the text: records print themselves, and tokens are never logged.</summary>
        public override string ToString() => nameof(Entry);
    }

    private sealed record Memo(DeviceAccess.Authenticated Access, Entry? By, DateTimeOffset EndsAt);
}
