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

    /// <summary>When the first of the tokens that hold ends; null for none.</summary>
    public DateTimeOffset? NextEnd
    {
        get
        {
            lock (gate)
            {
                DropEnded();
                return entries.Count == 0 ? null : entries.Values.Min(static entry => entry.EndsAt);
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

            entries[audience] = entry;
            return true;
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
            access = devices.TryGetValue(key, out var memo) && memo.EndsAt > clock.GetUtcNow() && (memo.By is null || entries.ContainsValue(memo.By))
                ? memo.Access
                : null;
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
        /// <summary>No token in the text: records print themselves, and tokens are never logged.</summary>
        public override string ToString() => nameof(Entry);
    }

    private sealed record Memo(DeviceAccess.Authenticated Access, Entry? By, DateTimeOffset EndsAt);
}
