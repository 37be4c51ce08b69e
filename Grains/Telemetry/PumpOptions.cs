using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Telemetry;

/// <summary>Bound from <c>Pump</c>; checked before the silo starts.</summary>
public sealed class PumpOptions
{
    public const string Section = "Pump";

    /// <summary>False leaves telemetry in the log: devices' last values and activity then stand still. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Events that are read, and handed to their devices, at once; the checkpoint moves behind them together. Default 5000; 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int BatchEvents { get; set; } = 5000;

    /// <summary>The bytes at which such a batch ends earlier. Default 4 MiB; 64 KiB to 64 MiB.</summary>
    [Range(1 << 16, 1 << 26)]
    public int BatchBytes { get; set; } = 1 << 22;

    /// <summary>
    /// How long events gather, where fewer than <see cref="BatchEvents"/> wait, before their devices are told: a device's row and the checkpoint are then
    /// written once for all of them. Last values are late by as much. Default 200 ms; 0 to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Devices of one partition that are told at the same time. Default 64; 1 to 1000.</summary>
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 64;

    /// <summary>
    /// The longest pause before what failed (a device, the log, the checkpoint) is tried again; the first is a hundredth of it, each
    /// further one twice as long. Default 10 seconds; 1 second to 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one device may keep the rest of its partition waiting. What it did not take is offered to it once more, as soon as the database
    /// is seen to answer; if it fails then too, it is left behind: it keeps the last values that it had, its events stay in the log, and until it
    /// takes telemetry again each batch is offered to it once. Default 5 minutes; 30 seconds to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:30", "1.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromMinutes(5);
}

[OptionsValidator]
internal sealed partial class PumpOptionsValidator : IValidateOptions<PumpOptions>;
