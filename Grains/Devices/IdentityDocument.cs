using System.Globalization;
using Muster.Access;
using Muster.CloudToDevice;

namespace Muster.Devices;

/// <summary>What callers that may read the registry see of a row.</summary>
internal static class IdentityDocument
{
    internal static DeviceIdentity From(DeviceKey key, DeviceState state, ISecretProtector secrets)
    {
        var identity = state.Identity;
        var keys = SymmetricKeys.Unprotect(identity.ProtectedKeys, secrets);
        return new DeviceIdentity
        {
            DeviceId = key.DeviceId,
            ModuleId = key.ModuleId,
            GenerationId = identity.GenerationId.ToString("D18", CultureInfo.InvariantCulture),
            ETag = ETags.Identity(identity),
            Status = identity.Status,
            StatusReason = identity.StatusReason,
            StatusUpdatedAt = identity.StatusUpdatedAt,
            ConnectionState = state.IsConnected ? ConnectionState.Connected : ConnectionState.Disconnected,
            ConnectionStateUpdatedAt = state.ConnectionChangedAt,
            LastActivityAt = state.LastActivityAt,
            Authentication = new DeviceAuthentication
            {
                Type = identity.AuthenticationType,
                PrimaryKey = keys is null ? null : Convert.ToBase64String(keys.Primary),
                SecondaryKey = keys is null ? null : Convert.ToBase64String(keys.Secondary),
                PrimaryThumbprint = identity.PrimaryThumbprint,
                SecondaryThumbprint = identity.SecondaryThumbprint,
            },
            IotEdge = identity.IotEdge,
            DeviceScope = identity.DeviceScope,
            ParentScopes = identity.ParentScopes ?? [],
            ManagedBy = identity.ManagedBy,
            CloudToDeviceMessageCount = new CloudQueue(state.Messages).Count,
        };
    }
}
