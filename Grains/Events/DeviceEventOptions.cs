using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Events;

/// <summary>Which events the hub makes itself. IoT Hub makes them where a route asks for them; here they are on. Bound from <c>Events</c>; checked before the silo starts.</summary>
public sealed class DeviceEventOptions
{
    public const string Section = "Events";

    /// <summary>Changes of tags, desired and reported properties (<c>twinChangeEvents</c>). Default true.</summary>
    public bool TwinChanges { get; set; } = true;

    /// <summary>Devices and modules registered and deleted (<c>deviceLifecycleEvents</c>). Default true.</summary>
    public bool Lifecycle { get; set; } = true;

    /// <summary>Devices and modules that connect and disconnect (<c>deviceConnectionStateEvents</c>). Default true.</summary>
    public bool ConnectionState { get; set; } = true;

    /// <summary>
    /// The hub's name in <c>hubName</c> and <c>user-id</c>, of events, feedback and file notifications: 1 to 64 ASCII letters, digits and <c>. _ -</c>. Default:
    /// the first label of the host name.
    /// </summary>
    [Required, RegularExpression("[A-Za-z0-9._-]{1,64}")]
    public string HubName { get; set; } = "localhost";

    /// <summary>Events that wait to be written; while there is no room, the grains that have more wait too. Default 4096; 64 to 65,536.</summary>
    [Range(64, 65_536)]
    public int MaxWaiting { get; set; } = 4096;

    /// <summary>The same in bytes, of the twins that they hold among others. Default 64 MiB; 1 MiB to 1 GiB.</summary>
    [Range(1 << 20, 1 << 30)]
    public int MaxWaitingBytes { get; set; } = 64 << 20;
}

[OptionsValidator]
internal sealed partial class DeviceEventOptionsValidator : IValidateOptions<DeviceEventOptions>;
