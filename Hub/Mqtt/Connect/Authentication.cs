using Muster.Access;
using Muster.Devices;

namespace Muster.Mqtt;

/// <summary>Reads who a connection says it is, and has its credentials judged. No grain is woken for what may be nobody.</summary>
internal sealed class Authentication(IDeviceReader reader, DeviceAuthenticator authenticator)
{
    /// <param name="key">The identity.</param>
    /// <param name="token">The CONNECT's password; null if there was none.</param>
    /// <param name="wire">Asked for its client certificate where there is no token.</param>
    public async ValueTask<DeviceAccess.Authenticated?> CheckAsync(DeviceKey key, string? token, Wire wire)
    {
        DeviceCredentials? shown = token is not null ? new DeviceCredentials.Token(token)
            : wire.ClientCertificate is { } leaf ? DeviceCredentials.Certificate.From(leaf)
            : null;
        return shown is null ? null : await CheckAsync(key, shown);
    }

    /// <param name="key">The identity.</param>
    /// <param name="shown">The credentials that it shows.</param>
    public async ValueTask<DeviceAccess.Authenticated?> CheckAsync(DeviceKey key, DeviceCredentials shown)
    {
        var row = await reader.ReadAsync(key, CancellationToken.None);
        var device = key.IsModule && row is not null && DeviceKey.TryCreate(key.DeviceId, null, out var parent)
            ? await reader.ReadAsync(parent, CancellationToken.None)
            : row;
        return authenticator.Authenticate(key, row, device, shown) as DeviceAccess.Authenticated;
    }
}
