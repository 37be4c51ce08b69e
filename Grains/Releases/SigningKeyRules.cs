using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Which keys may come and go. Pure.</summary>
internal static class SigningKeyRules
{
    /// <summary>Keys that are trusted at once.</summary>
    internal const int MaxKeys = 50;

    // What a key takes of the one document besides its PEM, and some. Revoked ones stay in it, as many as fit.
    private const int Besides = 512;
    private const int MaxSize = MaxKeys * (SigningKeyReader.MaxLength + Besides);

    /// <summary>Null if the key may be registered, or is already; a revoked one stays revoked, whatever id and form it comes under.</summary>
    internal static Refusal? CheckRegister(ImmutableArray<SigningKeyView> keys, SigningKeyView key)
    {
        var there = Find(keys, key.Id);
        if (there is { RevokedAt: null } && there.Pem == key.Pem)
        {
            return null;
        }

        return keys.FirstOrDefault(known => known.RevokedAt is not null && known.Fingerprint == key.Fingerprint) is { } revoked
                ? new Refusal(HubErrorCode.SigningKeyRevoked, $"This key was revoked as the signing key {revoked.Id}, for good: register another one.")
            : there is not null
                ? new Refusal(HubErrorCode.SigningKeyExists, $"There is another signing key {key.Id}. A key never changes: register this one under an id of its own.")
            : keys.Count(static known => known.RevokedAt is null) >= MaxKeys
                ? new Refusal(HubErrorCode.TooManySigningKeys, $"{MaxKeys} signing keys are trusted, and no more may be: delete one that signs no more.")
            : keys.Append(key).Sum(static known => known.Pem.Length + Besides) > MaxSize
                ? new Refusal(HubErrorCode.TooManySigningKeys, $"There are {keys.Length} signing keys, revoked ones included, and no other fits: delete one that signs no more.")
            : null;
    }

    /// <summary>With a key everything is revoked that is the same public key, whatever id and form it came under.</summary>
    internal static ImmutableArray<SigningKeyView> Revoke(ImmutableArray<SigningKeyView> keys, SigningKeyView key, DateTimeOffset now) =>
        [.. keys.Select(known => known.RevokedAt is null && known.Fingerprint == key.Fingerprint ? known with { RevokedAt = now } : known)];

    /// <summary>Null if the key may be deleted; a revoked one stays as the record of it.</summary>
    internal static Refusal? CheckDelete(ImmutableArray<SigningKeyView> keys, string id) => Find(keys, id) switch
    {
        null => NotFound(id),
        { RevokedAt: not null } => new Refusal(HubErrorCode.SigningKeyRevoked, $"The signing key {id} was revoked: it stays, so that it is not registered again."),
        _ => null,
    };

    internal static SigningKeyView? Find(ImmutableArray<SigningKeyView> keys, string id) => keys.FirstOrDefault(key => key.Id == id);

    internal static Refusal NotFound(string id) => new(HubErrorCode.SigningKeyNotFound, $"There is no signing key {id}.");
}
