using System.Globalization;
using Muster.Devices;

namespace Muster.Errors;

/// <summary>The refusals that more than one feature gives, each worded once.</summary>
internal static class Refusals
{
    /// <summary>DeviceNotFound or ModuleNotFound.</summary>
    internal static Refusal NotFound(string grainKey) =>
        DeviceKey.TryParse(grainKey, CultureInfo.InvariantCulture, out var key) && key.IsModule
            ? new(HubErrorCode.ModuleNotFound, $"The module {key.ModuleId} of device {key.DeviceId} was not found.")
            : new(HubErrorCode.DeviceNotFound, $"The device {grainKey} was not found.");

    /// <summary>PreconditionFailed.</summary>
    internal static Refusal Changed(string message) => new(HubErrorCode.PreconditionFailed, message);

    /// <summary>ArgumentInvalid.</summary>
    internal static Refusal Invalid(string message) => new(HubErrorCode.ArgumentInvalid, message);
}
