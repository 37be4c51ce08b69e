namespace Muster.Storage.Sqlite;

/// <summary>Bounds on fleet queries.</summary>
public sealed class SqliteQueryOptions
{
    /// <summary>How long one page may take before it is stopped. Default 30 s; more than zero.</summary>
    public TimeSpan PageTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A page ends once its items take this many bytes, whatever page size was asked for. Default 8 MiB.</summary>
    public int MaxPageBytes { get; set; } = 8 * 1024 * 1024;
}
