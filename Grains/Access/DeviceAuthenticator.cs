using System.Globalization;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Access;

/// <summary>Decides whether a connection may speak as a device or module. Thread-safe; reads nothing but what it is given.</summary>
public sealed class DeviceAuthenticator(IAccessPolicies policies, ISecretProtector secrets, TimeProvider clock)
{
    private const string SasMethod = """{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}""";
    private const string ModuleSasMethod = """{"scope":"module","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}""";
    private const string PolicyMethod = """{"scope":"hub","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}""";
    private const string CertificateMethod = """{"scope":"device","type":"x509","issuer":"external","acceptingIpFilterRule":null}""";

    /// <summary>Checks the credentials.</summary>
    /// <param name="key">Who the connection says that it is.</param>
    /// <param name="row">That identity's row; null if it is not registered.</param>
    /// <param name="device">The row of the device that a module belongs to; the same as <paramref name="row"/> for a device.</param>
    /// <param name="credentials">What the connection shows.</param>
    public DeviceAccess Authenticate(DeviceKey key, DeviceState? row, DeviceState? device, DeviceCredentials credentials)
    {
        if (row is null || device is null)
        {
            return new DeviceAccess.Refused(Refusals.NotFound(key.ToString()));
        }

        if (row.Upstream is not null || device.Upstream is not null)
        {
            return Refused($"The device {key} connects to the upstream IoT hub.");
        }

        if (row.Identity.Status == DeviceStatus.Disabled || device.Identity.Status == DeviceStatus.Disabled)
        {
            return new DeviceAccess.Refused(new Refusal(HubErrorCode.DeviceDisabled, $"The device {key} is disabled."));
        }

        return credentials switch
        {
            DeviceCredentials.Token { Text: var text } when SasToken.TryParse(text, out var token) => ByToken(key, row.Identity, device.Identity, token),
            DeviceCredentials.Certificate certificate => ByCertificate(row.Identity, certificate),
            _ => Refused("There is no valid shared access signature."),
        };
    }

    private DeviceAccess ByToken(DeviceKey key, IdentityState identity, IdentityState device, SasToken token)
    {
        if (identity.AuthenticationType != AuthenticationType.Sas && token.PolicyName is null)
        {
            return Refused("This identity does not authenticate by shared access signature.");
        }

        if (!policies.IsHostName(token.Host))
        {
            return Refused("The token is for another host.");
        }

        if (!(key.ModuleId is { } module ? token.Covers("devices", key.DeviceId, "modules", module) : token.Covers("devices", key.DeviceId)))
        {
            return Refused("The token does not cover this device.");
        }

        return token.PolicyName is null ? ByOwnKey(key, identity, device, token) : ByPolicy(identity, token);
    }

    private DeviceAccess ByOwnKey(DeviceKey key, IdentityState identity, IdentityState device, SasToken token)
    {
        if (token.IsExpired(clock.GetUtcNow()))
        {
            return Refused("The token has expired.");
        }

        if (token.Path.Length == 0)
        {
            return Refused("A token that a device's key signed must name the device.");
        }

        // A token that names a module is signed by the module's key, one that names its device by the device's.
        var signer = key.IsModule && !token.Path.Contains("/modules/", StringComparison.OrdinalIgnoreCase) ? device : identity;
        var keys = SymmetricKeys.Unprotect(signer.ProtectedKeys, secrets);
        return keys is not null && (token.IsSignedBy(keys.Primary) | token.IsSignedBy(keys.Secondary))
            ? Authenticated(identity, key.IsModule ? ModuleSasMethod : SasMethod, token.ExpiresAt)
            : Refused("The token's signature does not hold.");
    }

    private DeviceAccess ByPolicy(IdentityState identity, SasToken token) => PolicyCheck.Authenticate(token, policies, clock.GetUtcNow()) switch
    {
        AccessReply.Granted { Grant: var grant } when grant.Rights.HasFlag(AccessRights.DeviceConnect) =>
            identity.AuthenticationType is AuthenticationType.SelfSigned or AuthenticationType.CertificateAuthority
                ? Refused("This identity authenticates by certificate.")
                : Authenticated(identity, PolicyMethod, grant.ExpiresAt),
        AccessReply.Granted => Refused("The policy lacks the right DeviceConnect."),
        AccessReply.Refused { Why: var why } => new DeviceAccess.Refused(why),
        var other => throw new NotSupportedException($"Unknown reply {other}."),
    };

    // Chains to a registered authority are not verified yet, so such identities are refused rather than taken on trust.
    private DeviceAccess ByCertificate(IdentityState identity, DeviceCredentials.Certificate certificate)
    {
        var now = clock.GetUtcNow();
        return identity.AuthenticationType switch
        {
            AuthenticationType.SelfSigned when now < certificate.NotBefore - SasToken.ClockSkew || now > certificate.NotAfter =>
                Refused("The certificate has expired or is not valid yet."),
            AuthenticationType.SelfSigned when Has(identity, certificate.Sha1) || Has(identity, certificate.Sha256) =>
                Authenticated(identity, CertificateMethod, certificate.NotAfter),
            _ => Refused("The certificate is not that of this identity."),
        };
    }

    private static bool Has(IdentityState identity, string thumbprint) =>
        string.Equals(identity.PrimaryThumbprint, thumbprint, StringComparison.OrdinalIgnoreCase)
        || string.Equals(identity.SecondaryThumbprint, thumbprint, StringComparison.OrdinalIgnoreCase);

    private static DeviceAccess.Authenticated Authenticated(IdentityState identity, string method, DateTimeOffset expiresAt) =>
        new(method, expiresAt, ETags.Identity(identity), identity.GenerationId.ToString("D18", CultureInfo.InvariantCulture));

    private static DeviceAccess.Refused Refused(string message) => new(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, message));
}
