using System.Collections.Immutable;
using Muster.Errors;
using Orleans.Concurrency;

namespace Muster.Releases;

/// <summary>Who may sign artifacts. Key: 0. What is acknowledged is durable.</summary>
[Alias("muster.ISigningKeysGrain")]
public interface ISigningKeysGrain : IGrainWithIntegerKey
{
    /// <summary>All of them, by id; the revoked ones too.</summary>
    [Alias("List"), ReadOnly, AlwaysInterleave]
    Task<ImmutableArray<SigningKeyView>> ListAsync();

    /// <summary>Null if there is no such key.</summary>
    [Alias("Get"), ReadOnly, AlwaysInterleave]
    Task<SigningKeyView?> GetAsync(string id);

    /// <summary>Registers a key; idempotent. A key never changes: another one takes another id.</summary>
    /// <param name="id">1 to 64 ASCII letters, digits and <c>. _ -</c>.</param>
    /// <param name="pem">
    /// An ECDSA P-256 public key (<c>PUBLIC KEY</c>, SPKI), or the certificate of a CMS signer (<c>CERTIFICATE</c>, X.509; ECDSA on P-256 or P-384, or RSA of 2048
    /// bits or more). At most 4096 characters.
    /// </param>
    /// <returns>
    /// Refused: ArgumentInvalid, SigningKeyExists (another key of that id), SigningKeyRevoked (the same public key was revoked, under whatever id),
    /// TooManySigningKeys (50 are not revoked, or no other fits beside those that are).
    /// </returns>
    [Alias("Register")]
    Task<SigningKeyReply> RegisterAsync(string id, string pem);

    /// <summary>
    /// From now on nothing that it signed is taken or published, under whatever ids the same public key was registered; what was published stays, until it is withdrawn. For good, and
    /// idempotent.
    /// </summary>
    /// <returns>Refused: SigningKeyNotFound.</returns>
    [Alias("Revoke")]
    Task<SigningKeyReply> RevokeAsync(string id);

    /// <returns>Null once it is gone; SigningKeyNotFound, SigningKeyRevoked: a revoked key stays, so that it is not registered again.</returns>
    [Alias("Delete")]
    Task<Refusal?> DeleteAsync(string id);
}

/// <summary>What a signing key is, and with it how it signs.</summary>
public enum SigningKeyKind : int
{
    /// <summary>An ECDSA P-256 public key; it signs the SHA-256 of an artifact.</summary>
    Ecdsa = 1,

    /// <summary>A certificate; it signs by CMS.</summary>
    Cms = 2,
}

/// <summary>A signing key as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.SigningKeyView")]
public sealed record SigningKeyView
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required SigningKeyKind Kind { get; init; }

    /// <summary>As it was registered; nothing secret.</summary>
    [Id(2)] public required string Pem { get; init; }

    /// <summary>SHA-256 of the public key's SPKI, lower-case hex.</summary>
    [Id(3)] public required string Fingerprint { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(4)] public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>UTC, the silo's clock; null if it was not revoked.</summary>
    [Id(5)] public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>UTC, as the certificate says; null for a key without one.</summary>
    [Id(6)] public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What became of a request about a signing key.</summary>
[GenerateSerializer, Immutable, Alias("muster.SigningKeyReply")]
public abstract record SigningKeyReply
{
    private SigningKeyReply() { }

    /// <summary>It stands so, durably.</summary>
    [GenerateSerializer, Immutable, Alias("muster.SigningKeyReply.Found")]
    public sealed record Found([property: Id(0)] SigningKeyView Key, [property: Id(1)] bool IsNew) : SigningKeyReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.SigningKeyReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : SigningKeyReply;
}
