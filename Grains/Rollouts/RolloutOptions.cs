using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Rollouts;

/// <summary>Bound from <c>Rollouts</c>; checked before the silo starts.</summary>
public sealed class RolloutOptions
{
    public const string Section = "Rollouts";

    /// <summary>Between two looks at each live rollout. Default 1 s; 100 ms to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan TickEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Grains, spread over the silos, through which one rollout calls its devices. Default 16; 1 to 64.</summary>
    [Range(1, 64)]
    public int Shards { get; set; } = 16;

    /// <summary>Devices that each of them calls at once. Default 32; 1 to 1000.</summary>
    [Range(1, 1000)]
    public int Concurrency { get; set; } = 32;

    /// <summary>Devices that each of them calls per second. Default 5000; 10 to 100,000.</summary>
    [Range(10, 100_000)]
    public int CallsPerSecond { get; set; } = 5000;

    /// <summary>Members admitted by one write. Default 1000; 1 to 5000.</summary>
    [Range(1, 5000)]
    public int AdmitBatch { get; set; } = 1000;

    /// <summary>Members written down at once when a rollout starts, and read at once from the fleet. Default 5000; 1 to 5000.</summary>
    [Range(1, 5000)]
    public int MemberPage { get; set; } = 5000;

    /// <summary>
    /// Between two tries to tell a device that could not be told, or that another rollout holds: the first pause; it doubles to 64 times that. Default 5 s; 100 ms to
    /// 10 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan RetellEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks for devices that have come to fulfil the condition of a continuous rollout. Default 1 minute; 1 second to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan JoinEvery { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class RolloutOptionsValidator : IValidateOptions<RolloutOptions>;
