using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Deadlines;

/// <summary>Bound from <c>Deadlines</c>; checked before the silo starts.</summary>
public sealed class DeadlineOptions
{
    public const string Section = "Deadlines";

    /// <summary>Between two looks for what is due: how late a deadline may be. Default 3 s; 100 ms to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ScanEvery { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Rows read at once. Default 500; 1 to 10,000.</summary>
    [Range(1, 10_000)]
    public int Page { get; set; } = 500;

    /// <summary>Devices called at once. Default 32; 1 to 1000.</summary>
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 32;

    /// <summary>
    /// Between two looks for sessions of silos that are gone, where the membership does not change: it is looked at once after each change. Default 1 minute;
    /// 1 second to 1 hour.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SweepEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Devices called per second by each of these: for a deadline, to end a session of a silo that is gone, to verify one of this silo. Default 2000;
    /// 10 to 100,000.
    /// </summary>
    [Range(10, 100_000)]
    public int CallsPerSecond { get; set; } = 2000;
}

[OptionsValidator]
internal sealed partial class DeadlineOptionsValidator : IValidateOptions<DeadlineOptions>;
