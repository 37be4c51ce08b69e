using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>
/// Decides whether a client that holds a key is the device that it says it is: it is, if the device's tag <c>mender.keySha256</c> is that key's fingerprint.
/// A device that is registered never gets a key by asking, or whoever knows the tenant token could take its place.
/// </summary>
internal sealed partial class MenderAcceptance(AgentDevices devices, IOptions<MenderOptions> options, ILogger<MenderAcceptance> logger)
{
    private const string Section = "mender";
    private const string Fingerprint = "keySha256";

    /// <summary>Null for who waits to be accepted, or never will be.</summary>
    /// <param name="request">Its signature holds.</param>
    /// <param name="bearer">The tenant token in the header; empty if there is none.</param>
    internal async Task<MenderClaims?> AcceptAsync(AuthRequest request, string bearer)
    {
        if (options.Value.TenantToken is { } token && !IsSame(request.TenantToken, token) && !IsSame(bearer, token))
        {
            LogStranger(request.Device.DeviceId);
            return null;
        }

        var (row, isKnown) = await devices.ReadAsync(request.Device);
        if (row is null && !isKnown && options.Value.AutoAccept)
        {
            var tags = JsonUtf8.Parse($$$"""{"{{{Section}}}":{"{{{Fingerprint}}}":"{{{request.Key.Fingerprint}}}"}}""");
            row = await devices.RegisterAsync(request.Device, new TwinChange { Tags = tags });
            LogRegistered(request.Device.DeviceId, request.Key.Fingerprint);
        }

        if (row is not null && IsAccepted(row, request.Key.Fingerprint))
        {
            return new MenderClaims(request.Device, row.Identity.GenerationId, request.Key.Fingerprint);
        }

        LogPending(request.Device.DeviceId, request.Key.Fingerprint);
        return null;
    }

    internal static bool IsAccepted(DeviceState row, string fingerprint)
    {
        if (row.Tags is null)
        {
            return false;
        }

        using var tags = JsonDocument.Parse(row.Tags);
        return tags.RootElement.TryGetProperty(Section, out var section) && section.ValueKind == JsonValueKind.Object
            && section.TryGetProperty(Fingerprint, out var accepted) && accepted.ValueKind == JsonValueKind.String
            && fingerprint.Equals(accepted.GetString(), StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsSame(string said, string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(token));

    [LoggerMessage(EventId = 8310, Level = LogLevel.Information, Message = "Device {DeviceId} was registered with the key {Fingerprint} of its Mender client")]
    private partial void LogRegistered(string deviceId, string fingerprint);

    [LoggerMessage(EventId = 8311, Level = LogLevel.Information, Message = "A Mender client with the key {Fingerprint} waits to be accepted as device {DeviceId}: register it, with the tag mender.keySha256")]
    private partial void LogPending(string deviceId, string fingerprint);

    [LoggerMessage(EventId = 8312, Level = LogLevel.Warning, Message = "A Mender client that wants to be device {DeviceId} does not know the tenant token")]
    private partial void LogStranger(string deviceId);
}
