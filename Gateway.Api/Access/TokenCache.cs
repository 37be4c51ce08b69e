using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Gateway;

/// <summary>
/// Tokens that held, by their hash, for at most a minute and never past their expiry. Bounded: two generations of
/// <see cref="GenerationSize"/>; when the younger one is full, the older one is forgotten.
/// </summary>
internal sealed class TokenCache(TimeProvider time)
{
    internal const int GenerationSize = 2048;

    /// <summary>How long a policy whose key was changed, or a principal that was deleted, may still be taken for what it was.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Lock turning = new();
    private ConcurrentDictionary<TokenHash, Entry> young = new();
    private ConcurrentDictionary<TokenHash, Entry> old = new();

    internal int Count => young.Count + old.Count;

    /// <summary>Null if the token must be checked again.</summary>
    internal Caller? Find(string token)
    {
        var hash = TokenHash.Of(token);
        return (young.TryGetValue(hash, out var entry) || old.TryGetValue(hash, out entry)) && time.GetUtcNow() < entry.Until ? entry.Caller : null;
    }

    internal void Add(string token, Caller caller)
    {
        var now = time.GetUtcNow();
        var until = caller.ExpiresAt < now + Lifetime ? caller.ExpiresAt : now + Lifetime;
        if (until <= now)
        {
            return;
        }

        lock (turning)
        {
            if (young.Count >= GenerationSize)
            {
                (old, young) = (young, new());
            }

            young[TokenHash.Of(token)] = new Entry(caller, until);
        }
    }

    private readonly record struct Entry(Caller Caller, DateTimeOffset Until);

    private readonly record struct TokenHash(UInt128 High, UInt128 Low)
    {
        internal static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            return new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
    }
}
