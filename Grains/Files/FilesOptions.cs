using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Files;

/// <summary>Where devices upload files to. Bound from <c>Files</c>; checked before the silo starts.</summary>
public sealed class FilesOptions
{
    public const string Section = "Files";

    /// <summary>Whether a finished upload raises a file notification for the back end. Default true.</summary>
    public bool Notifications { get; set; } = true;

    /// <summary>How long the link that a device gets lasts, and the upload with it. Default 1 hour; 1 minute to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The largest blob in the hub's own store, its uncommitted blocks counted apart. Default 1 GiB; 1 KiB to 1 TiB.</summary>
    [Range(1024L, 1024L * 1024 * 1024 * 1024)]
    public long MaxBlobBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>
    /// Uncommitted blocks of all blobs in the hub's own store, each counting for 4 KiB at least, and what is being written. Default 10 GiB; 4 KiB to 10 TiB.
    /// </summary>
    [Range(4096L, 10L * 1024 * 1024 * 1024 * 1024)]
    public long MaxStagedBytes { get; set; } = 10L * 1024 * 1024 * 1024;

    /// <summary>After how long blocks that were never committed are thrown away. Default 1 day; at least <see cref="LinkLifetime"/> makes sense. 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan StagedLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Azure Blob Storage to upload to instead of the hub's own store; holds the account's key. Default null: the hub's own.</summary>
    public string? AzureConnectionString { get; set; }

    /// <summary>The container there; made if it is missing. Default <c>device-files</c>; 3 to 63 lower-case letters, digits and dashes.</summary>
    [RegularExpression("^(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*$")]
    public string AzureContainer { get; set; } = "device-files";
}

/// <summary>Checks <see cref="FilesOptions"/>.</summary>
[OptionsValidator]
public sealed partial class FilesOptionsValidator : IValidateOptions<FilesOptions>;
