using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Releases;

/// <summary>Releases and their artifacts. Bound from <c>Releases</c>; checked before the silo starts.</summary>
public sealed class ReleaseOptions
{
    public const string Section = "Releases";

    /// <summary>The size that artifacts have at most: 2 GiB.</summary>
    public const long LargestArtifactBytes = 2L * 1024 * 1024 * 1024;

    /// <summary>Whether a release is published only if each of its artifacts has a signature by a registered key. Default true.</summary>
    public bool RequireSignature { get; set; } = true;

    /// <summary>The largest artifact. Default and at most 2 GiB; at least 1 KiB.</summary>
    [Range(1024L, LargestArtifactBytes)]
    public long MaxArtifactBytes { get; set; } = LargestArtifactBytes;

    /// <summary>How long an upload may take, from the link to the last byte; what came of it is thrown away then. Default 1 day; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Bytes of all uploads that are under way; further ones are answered 503. Default 10 GiB; 1 MiB to 10 TiB.</summary>
    [Range(1024L * 1024, 10L * 1024 * 1024 * 1024 * 1024)]
    public long MaxStagedBytes { get; set; } = 10L * 1024 * 1024 * 1024;

    /// <summary>Uploads that one silo receives at once, each with a buffer of 4 MiB; further ones are answered 503. Default 16; 1 to 1000.</summary>
    [Range(1, 1000)]
    public int MaxUploads { get; set; } = 16;

    /// <summary>Downloads that one silo serves at once, each with 1 MiB at most; further ones are answered 503. Default 256; 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaxDownloads { get; set; } = 256;

    /// <summary>Blocks of artifacts, verified, that a silo keeps in memory for the next to ask. Default 64 MiB; 0 to 16 GiB.</summary>
    [Range(0, 16L * 1024 * 1024 * 1024)]
    public long BlockCacheBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>How fast all downloads of one device through one silo may be together, in bytes a second; 0, the default, for as fast as they can. At most 1 GiB.</summary>
    [Range(0, 1024L * 1024 * 1024)]
    public long DeviceBytesPerSecond { get; set; }

    /// <summary>How long a link lasts by which a device downloads; with its next question it gets another one. Default 1 day; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Azure Blob Storage to keep artifacts in instead of the hub's own store; holds the account's key. Default null: the hub's own.</summary>
    public string? AzureConnectionString { get; set; }

    /// <summary>The container there; made if it is missing. Default <c>muster-releases</c>; 3 to 63 lower-case letters, digits and dashes.</summary>
    [RegularExpression("^(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*$")]
    public string AzureContainer { get; set; } = "muster-releases";
}

/// <summary>Checks <see cref="ReleaseOptions"/>.</summary>
[OptionsValidator]
public sealed partial class ReleaseOptionsValidator : IValidateOptions<ReleaseOptions>;
