using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Muster.Storage.Postgres;

/// <summary>What a <see cref="PostgresStore"/> is made of.</summary>
public sealed record PostgresSettings
{
    /// <summary>As Npgsql reads it; holds a secret.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Connections that commit device rows; a device's row is always written by the same one. At least 1.</summary>
    public int Writers { get; init; } = 2;

    /// <summary>Connections that read device rows by key. At least 1.</summary>
    public int Readers { get; init; } = 2;

    /// <summary>
    /// How long one batch may take before its connection is given up and its outcome is unknown; also how long an operation waits at most for
    /// a database that is away.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Null: the system's clock.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Null: nothing is logged.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>Null: nothing is counted.</summary>
    public IMeterFactory? Meters { get; init; }
}
