using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Storage.Log;

/// <summary>
/// Bound from <c>EventLog</c>; checked before the silo starts. In one process each event partition has segment files of its own. On PostgreSQL a
/// segment is a table that all event partitions share, and the silos, each by its own options, make and drop them: give all silos the same.
/// </summary>
public sealed class EventLogOptions
{
    public const string Section = "EventLog";

    /// <summary>
    /// How long events are kept. Whole segments go, so an event may stay for up to <see cref="SegmentAge"/> longer. Default 1 day; 1 to 7 days.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "7.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Bytes on disk that all event partitions may take together; the oldest segments go first, however young. In one process each partition
    /// has an equal share of it. On PostgreSQL it bounds the tables with their indexes, the write-ahead log not counted; a table goes a minute
    /// after its time is over at the earliest, so what comes within <see cref="SegmentAge"/> may stand beyond the bound. Default 16 GiB; 64 MiB
    /// to 16 TiB.
    /// </summary>
    [Range(1L << 26, 1L << 44)]
    public long MaxBytes { get; set; } = 1L << 34;

    /// <summary>
    /// The size from which a segment file is closed and the next one begun. Means nothing on PostgreSQL, whose segments end by time alone.
    /// Default 64 MiB; 1 MiB to 1 GiB.
    /// </summary>
    [Range(1 << 20, 1 << 30)]
    public int SegmentBytes { get; set; } = 1 << 26;

    /// <summary>
    /// The age from which a segment that holds events is closed, so that it can be trimmed; on PostgreSQL the time that one table covers.
    /// Default 1 hour; 1 minute to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan SegmentAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Threads that write; each has its own partitions. They hardly compute: they wait for the disk, and where many wait together the file
    /// system makes one journal commit for them all. Means nothing on PostgreSQL, where two connections of each silo write. Default 16; 1 to 32.
    /// </summary>
    [Range(1, 32)]
    public int Writers { get; set; } = 16;
}

[OptionsValidator]
internal sealed partial class EventLogOptionsValidator : IValidateOptions<EventLogOptions>;
