using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Storage.Query;

/// <summary>What bounds questions over the fleet, for each silo. Bound from <c>Queries</c>; checked before the silo starts.</summary>
public sealed class FleetQueryOptions
{
    public const string Section = "Queries";

    /// <summary>Questions that run at once; SQLite runs no more than it has readers. Default 8; 1 to 256.</summary>
    [Range(1, 256)]
    public int MaxRunning { get; set; } = 8;

    /// <summary>Questions that wait for their turn; more are answered 429. Default 64; 0 to 10,000.</summary>
    [Range(0, 10_000)]
    public int MaxWaiting { get; set; } = 64;

    /// <summary>
    /// How long a question waits for its turn before it is answered 429. Default 5 s; 0 to 5 minutes. With <see cref="PageTimeout"/> it should
    /// stay under the 30 s that a caller waits for a grain.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one page may take, its turn come, before it is stopped and answered 429. Default 20 s; 100 ms to 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan PageTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>A page ends once its items take this many bytes, whatever page size was asked for. Default 8 MiB; 64 KiB to 64 MiB.</summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int MaxPageBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// How many groups a GROUP BY can be paged through: each page makes all groups anew. Default 10,000; 1000 to 1,000,000.
    /// </summary>
    [Range(1000, 1_000_000)]
    public int MaxGroups { get; set; } = 10_000;
}

[OptionsValidator]
internal sealed partial class FleetQueryOptionsValidator : IValidateOptions<FleetQueryOptions>;
