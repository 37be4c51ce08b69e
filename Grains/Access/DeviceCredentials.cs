using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muster.Errors;

namespace Muster.Access;

/// <summary>What a connection shows for its device.</summary>
public abstract record DeviceCredentials
{
    private DeviceCredentials() { }

    /// <summary>A shared access signature, as it came.</summary>
    public sealed record Token(string Text) : DeviceCredentials
    {
        /// <summary>No token in the text: records print themselves, and tokens are never logged.</summary>
        public override string ToString() => nameof(Token);
    }

    /// <summary>The leaf certificate that the connection's TLS handshake proved.</summary>
    /// <param name="Sha1">Hex, upper case.</param>
    /// <param name="Sha256">Hex, upper case.</param>
    /// <param name="NotBefore">UTC.</param>
    /// <param name="NotAfter">UTC.</param>
    public sealed record Certificate(string Sha1, string Sha256, DateTimeOffset NotBefore, DateTimeOffset NotAfter) : DeviceCredentials
    {
        public static Certificate From(X509Certificate2 leaf)
        {
            ArgumentNullException.ThrowIfNull(leaf);
            return new(
                leaf.GetCertHashString(HashAlgorithmName.SHA1),
                leaf.GetCertHashString(HashAlgorithmName.SHA256),
                new DateTimeOffset(leaf.NotBefore.ToUniversalTime(), TimeSpan.Zero),
                new DateTimeOffset(leaf.NotAfter.ToUniversalTime(), TimeSpan.Zero));
        }
    }
}

/// <summary>Whether a connection is its device.</summary>
public abstract record DeviceAccess
{
    private DeviceAccess() { }

    /// <summary>It is.</summary>
    /// <param name="AuthMethod">JSON, as in <c>iothub-connection-auth-method</c>.</param>
    /// <param name="ExpiresAt">UTC; the connection ends then. <see cref="DateTimeOffset.MaxValue"/> for never.</param>
    /// <param name="IdentityETag">For <c>AttachRequest.IdentityETag</c>.</param>
    /// <param name="GenerationId">The identity's generation, 18 digits.</param>
    public sealed record Authenticated(string AuthMethod, DateTimeOffset ExpiresAt, string IdentityETag, string GenerationId) : DeviceAccess;

    /// <summary>DeviceNotFound, ModuleNotFound, DeviceDisabled or IotHubUnauthorizedAccess.</summary>
    public sealed record Refused(Refusal Why) : DeviceAccess;
}
