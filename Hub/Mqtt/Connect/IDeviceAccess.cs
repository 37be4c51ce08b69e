using System.Security.Cryptography.X509Certificates;
using Muster.Devices;

namespace Muster.Mqtt;

/// <summary>What a device showed to prove who it is.</summary>
/// <param name="Token">SAS token; null if there was no password.</param>
/// <param name="Certificate">The client certificate; null if there was none.</param>
internal sealed record ShownCredentials(string? Token, X509Certificate2? Certificate)
{
    /// <summary>No token in the text: records print themselves.</summary>
    public override string ToString() => "ShownCredentials";
}

/// <summary>The credentials hold.</summary>
/// <param name="IdentityETag">Of the identity they were checked against.</param>
/// <param name="ExpiresAt">When the token lapses, UTC; null for certificates.</param>
/// <param name="AuthMethod">JSON text of <c>iothub-connection-auth-method</c>.</param>
internal sealed record AccessGranted(string IdentityETag, DateTimeOffset? ExpiresAt, string AuthMethod);

/// <summary>Checks a device's credentials against the stored identity.</summary>
internal interface IDeviceAccess
{
    /// <summary>Null: refused, whatever the cause.</summary>
    ValueTask<AccessGranted?> CheckAsync(DeviceKey key, ShownCredentials shown, CancellationToken cancellationToken);
}
