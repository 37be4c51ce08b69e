using Muster.Errors;

namespace Muster.Devices;

/// <summary>The words of identities on the wire, and what they mean inside.</summary>
internal static class IdentityWords
{
    /// <summary>Null if every word is one that exists.</summary>
    internal static Refusal? Check(string? status, string? authenticationType, string[]? parentScopes) =>
        status is not null && Status(status) is null ? Wrong("status must be enabled or disabled.")
        : authenticationType is not null && Type(authenticationType) is null
            ? Wrong("authentication.type must be sas, selfSigned, certificateAuthority or none.")
        : parentScopes is not null && Array.IndexOf(parentScopes, null) >= 0 ? Wrong("parentScopes must hold texts only.")
        : null;

    internal static DeviceStatus? Status(string? word) => word?.ToUpperInvariant() switch
    {
        "ENABLED" => DeviceStatus.Enabled,
        "DISABLED" => DeviceStatus.Disabled,
        _ => null,
    };

    internal static string Word(DeviceStatus status) => status == DeviceStatus.Disabled ? "disabled" : "enabled";

    internal static AuthenticationType? Type(string? word) => word?.ToUpperInvariant() switch
    {
        "SAS" => AuthenticationType.Sas,
        "SELFSIGNED" => AuthenticationType.SelfSigned,
        "CERTIFICATEAUTHORITY" => AuthenticationType.CertificateAuthority,
        "NONE" => AuthenticationType.None,
        _ => null,
    };

    internal static string Word(AuthenticationType type) => type switch
    {
        AuthenticationType.SelfSigned => "selfSigned",
        AuthenticationType.CertificateAuthority => "certificateAuthority",
        AuthenticationType.None => "none",
        _ => "sas",
    };

    internal static DeviceAuthentication Authentication(AuthenticationMessage? message)
    {
        var thumbprints = message?.X509Thumbprint;
        var hasThumbprint = !string.IsNullOrEmpty(thumbprints?.PrimaryThumbprint) || !string.IsNullOrEmpty(thumbprints?.SecondaryThumbprint);
        return new DeviceAuthentication
        {
            Type = Type(message?.Type) ?? (hasThumbprint ? AuthenticationType.SelfSigned : AuthenticationType.Sas),
            PrimaryKey = message?.SymmetricKey?.PrimaryKey,
            SecondaryKey = message?.SymmetricKey?.SecondaryKey,
            PrimaryThumbprint = thumbprints?.PrimaryThumbprint,
            SecondaryThumbprint = thumbprints?.SecondaryThumbprint,
        };
    }

    internal static AuthenticationMessage Authentication(DeviceAuthentication authentication) => new()
    {
        SymmetricKey = new(authentication.PrimaryKey, authentication.SecondaryKey),
        X509Thumbprint = new(authentication.PrimaryThumbprint, authentication.SecondaryThumbprint),
        Type = Word(authentication.Type),
    };

    private static Refusal Wrong(string message) => new(HubErrorCode.ArgumentInvalid, message);
}
