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

    /// <summary>
    /// How long a transaction may wait for a silo that went silent in the middle of it (frozen, cut off) before it is rolled back and its locks are free:
    /// by the server, or by the other silos where the server would wait on. More than <see cref="Patience"/>, which a silo that lives keeps to.
    /// Default 15 s.
    /// </summary>
    public TimeSpan AbandonedAfter { get; init; } = PostgresConnection.AbandonedAfter;

    /// <summary>Null: the system's clock.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Null: nothing is logged.</summary>
    public ILoggerFactory? Loggers { get; init; }

    /// <summary>Null: nothing is counted.</summary>
    public IMeterFactory? Meters { get; init; }
}
