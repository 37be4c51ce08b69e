using System.Globalization;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// Brings a database to this program's schema: numbered scripts, each run once, all in one transaction under a lock, so that any number of
/// silos may start at the same moment.
/// </summary>
public static class PostgresMigrations
{
    private const string Folder = "Migrations.";

    private const string Ledger = """
        create table if not exists muster_schema (
          version integer primary key,
          name text not null,
          applied_at timestamptz not null default now()
        )
        """;

    // Any number will do as long as it stays: "muster" in ASCII.
    private const long Lock = 0x6d7573746572;

    /// <summary>The scripts in the order of their numbers, which begin at 1 and have no gap.</summary>
    internal static IReadOnlyList<(int Version, string Name)> Scripts { get; } = [.. Names().Order(StringComparer.Ordinal).Select(Parse)];

    /// <summary>The schema that this program reads and writes.</summary>
    public static int Version => Scripts.Count;

    /// <summary>Idempotent. A database of an older schema is brought forward; nothing happens to one that is up to date.</summary>
    /// <exception cref="StoreUnavailableException">The database is of a newer schema.</exception>
    /// <exception cref="NpgsqlException">The database could not be reached, or refused.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Execute(connection, $"select pg_advisory_xact_lock({Lock})", cancellationToken);
        await Execute(connection, Ledger, cancellationToken);
        var current = await CurrentAsync(connection, cancellationToken);
        if (current > Version)
        {
            throw new StoreUnavailableException($"The database '{connection.Database}' is of schema {current}; this program knows schemas up to {Version}.");
        }

        foreach (var (version, name) in Scripts.Skip(current))
        {
            await Execute(connection, Script(name), cancellationToken);
            await Execute(connection, $"insert into muster_schema (version, name) values ({version}, '{name}')", cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<int> CurrentAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select coalesce(max(version), 0) from muster_schema", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A script on a large table may take as long as it needs.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static IEnumerable<string> Names() => typeof(PostgresMigrations).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .Select(name => name[Folder.Length..]);

    private static (int Version, string Name) Parse(string name) => (int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name);

    private static string Script(string name)
    {
        using var stream = typeof(PostgresMigrations).Assembly.GetManifestResourceStream(Folder + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
