using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.CloudToDevice;

/// <summary>What IoT Hub's <c>cloudToDevice</c> properties are. Bound from <c>CloudToDevice</c>; checked before the silo starts.</summary>
public sealed class CloudToDeviceOptions
{
    public const string Section = "CloudToDevice";

    /// <summary>The longest that a message waits for its device; its sender may ask for less. Default 1 hour; 1 minute to 48 hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "2.00:00:00")]
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a message that a device asked for waits to be settled. Default 60 s; 5 to 300 s.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:05:00")]
    public TimeSpan LockTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Deliveries before a message is given up. Default 10; 1 to 100.</summary>
    [Range(1, 100)]
    public int MaxDeliveries { get; set; } = 10;
}

[OptionsValidator]
internal sealed partial class CloudToDeviceOptionsValidator : IValidateOptions<CloudToDeviceOptions>;
