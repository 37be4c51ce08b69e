using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster;

/// <summary>What bounds the device side of a silo. Bound from <c>Hub</c>; checked before the silo starts.</summary>
public sealed class HubOptions
{
    public const string Section = "Hub";

    /// <summary>
    /// Device connections at once, counted at accept; the excess is closed there. 1 to 1,000,000. Default null: 80 % of the process's open-file limit.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? MaxConnections { get; set; }

    /// <summary>
    /// Connections at once on the HTTPS port, devices over WebSocket not counted; the excess is closed at accept. 1 to 1,000,000. Default null: 10 % of
    /// the process's open-file limit.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? MaxHttpsConnections { get; set; }

    /// <summary>
    /// From accept to a whole CONNECT, or AMQP's open, TLS handshake included; a connection of AMQP then has four times as long to prove who it is. Default
    /// 15 s: with less, devices that all come back at once are cut off in the queue for their handshakes, and each one cut off costs one more. 1 s to 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Connections at once that are being authenticated and attached to their grain; the excess gets CONNACK 3, or is closed if it speaks AMQP, and comes
    /// back. Default 1000; 1 to 100,000.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxPendingConnects { get; set; } = 1000;

    /// <summary>Messages of one connection, or of one AMQP link, that are not acknowledged yet; at this many it is not read on. Default 64; 1 to 1024.</summary>
    [Range(1, 1024)]
    public int MaxInFlightMessages { get; set; } = 64;

    /// <summary>The same in bytes. Default 1 MiB; 64 KiB to 16 MiB.</summary>
    [Range(64 * 1024, 16 * 1024 * 1024)]
    public int MaxInFlightBytes { get; set; } = 1024 * 1024;

    /// <summary>Messages that wait for a device, on one AMQP link where it has several, which reads slowly; more are refused. Default 64; 1 to 1024.</summary>
    [Range(1, 1024)]
    public int MaxOutboundMessages { get; set; } = 64;

    /// <summary>The same in bytes. Default 256 KiB; 160 KiB (a method request fits) to 16 MiB.</summary>
    [Range(160 * 1024, 16 * 1024 * 1024)]
    public int MaxOutboundBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Over how long a stopping silo closes its sessions, so that they do not all come to the other silos at once; few sessions take less. Default 0: as
    /// fast as it can; up to 10 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTime { get; set; }

    /// <summary>How long a stopping silo gives its sessions to finish. Default 5 s; 0 to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class HubOptionsValidator : IValidateOptions<HubOptions>;
