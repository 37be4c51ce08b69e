using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Muster.Devices;

/// <summary>
/// The grain key of an identity: <c>device</c>, or <c>device/module</c> for a module. Ids are 1 to 128 characters of ASCII letters, digits
/// and <c>- . _ % # * ? ! ( ) , : = @ $ ' +</c>, and inside (not at the ends) the space; they are case-sensitive. IoT Hub documents the
/// set without the space; its SDKs send ids with one, percent-encoded.
/// </summary>
public readonly record struct DeviceKey : IParsable<DeviceKey>
{
    /// <summary>The longest device or module id, in characters.</summary>
    public const int MaxIdLength = 128;

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._%#*?!(),:=@$'+ ");

    private DeviceKey(string deviceId, string? moduleId)
    {
        DeviceId = deviceId;
        ModuleId = moduleId;
    }

    public string DeviceId { get; }

    /// <summary>The module, or null for the device itself.</summary>
    public string? ModuleId { get; }

    public bool IsModule => ModuleId is not null;

    /// <summary>Checks both ids; <paramref name="moduleId"/> null means the device itself.</summary>
    public static bool TryCreate(string? deviceId, string? moduleId, out DeviceKey key)
    {
        var valid = IsValidId(deviceId) && (moduleId is null || IsValidId(moduleId));
        key = valid ? new DeviceKey(deviceId!, moduleId) : default;
        return valid;
    }

    /// <summary>True for an id that a device or module may be registered under.</summary>
    public static bool IsValidId([NotNullWhen(true)] string? id) =>
        id is { Length: > 0 and <= MaxIdLength } && !id.AsSpan().ContainsAnyExcept(IdCharacters) && id[0] != ' ' && id[^1] != ' ';

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DeviceKey result)
    {
        var slash = s?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash < 0 ? TryCreate(s, null, out result) : TryCreate(s![..slash], s[(slash + 1)..], out result);
    }

    public static DeviceKey Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var key) ? key : throw new FormatException($"'{s}' is neither a device id nor device/module.");

    /// <summary>The grain key.</summary>
    public override string ToString() => ModuleId is null ? DeviceId : $"{DeviceId}/{ModuleId}";
}
