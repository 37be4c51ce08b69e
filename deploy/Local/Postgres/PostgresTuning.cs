using System.Collections.Immutable;
using System.Globalization;

namespace Muster.Local;

/// <summary>Settings of a PostgreSQL server.</summary>
/// <param name="Settings">By their names in <c>postgresql.conf</c>.</param>
/// <param name="SyncsNewFiles">Whether a new data folder is flushed to disk before it is used.</param>
public sealed record PostgresTuning(ImmutableDictionary<string, string> Settings, bool SyncsNewFiles)
{
    /// <summary>
    /// Fast, for tests: nothing is flushed to the disk, but a commit is still in the kernel before it is acknowledged. So what was acknowledged
    /// survives kill -9 of anything, the server included; only a crash of the machine would lose it.
    /// </summary>
    public static PostgresTuning Test { get; } = new(
        Common.AddRange(Pairs(("fsync", "off"), ("full_page_writes", "off"), ("shared_buffers", "64MB"), ("max_connections", "300"))),
        SyncsNewFiles: false);

    /// <summary>As in production: every commit flushed; memory and log sized for long runs of many writes.</summary>
    public static PostgresTuning Cluster { get; } = new(
        Common.AddRange(Pairs(
            ("shared_buffers", SharedBuffers(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)),
            ("max_connections", "400"),
            ("max_wal_size", "8GB"),
            ("min_wal_size", "512MB"),
            ("checkpoint_timeout", "15min"),
            ("wal_buffers", "16MB"),
            ("wal_compression", "lz4"))),
        SyncsNewFiles: true);

    /// <summary>The same as <see cref="Cluster"/>, so that what is measured is what runs.</summary>
    public static PostgresTuning Benchmark => Cluster;

    // Statements are short and many: compiling them would cost more than it saves.
    private static ImmutableDictionary<string, string> Common =>
        ImmutableDictionary.CreateRange(Pairs(("jit", "off"), ("timezone", "UTC"), ("log_timezone", "UTC"), ("synchronous_commit", "on")));

    /// <summary>An eighth of the machine's memory, from 128 MB to 2 GB: the silos live on the same machine.</summary>
    internal static string SharedBuffers(long machineBytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(machineBytes / 8 / 1048576, 128, 2048)}MB");

    private static IEnumerable<KeyValuePair<string, string>> Pairs(params (string Name, string Value)[] settings) =>
        settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value));
}
