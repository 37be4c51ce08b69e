using System.Net;
using Muster.Local;
using Muster.Storage;
using Muster.Storage.Postgres;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Muster.Storage;

/// <summary>
/// One private server for all tests of this process, started by the first that asks for a database. Every database is a copy of one that the
/// migrations made.
/// </summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private const string Template = "muster_template";

    private readonly Lazy<Task<PostgresServer>> server = new(StartAsync);
    private readonly SemaphoreSlim copying = new(1);
    private int databases;

    public async ValueTask DisposeAsync()
    {
        if (server.IsValueCreated)
        {
            await using var started = await server.Value;
        }

        copying.Dispose();
    }

    /// <summary>The connection string of a new database with this program's schema and no row.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var started = await server.Value;
        var name = $"muster_{Interlocked.Increment(ref databases)}";

        // A template may be copied by one session at a time.
        await copying.WaitAsync();
        try
        {
            await ExecuteAsync(started.ConnectionString("postgres"), $"create database {name} template {Template}");
        }
        finally
        {
            copying.Release();
        }

        return started.ConnectionString(name);
    }

    /// <summary>The connection string of a new database without anything in it.</summary>
    public async Task<string> CreateEmptyDatabaseAsync()
    {
        var started = await server.Value;
        var name = $"empty_{Interlocked.Increment(ref databases)}";
        await started.CreateDatabaseAsync(name);
        return started.ConnectionString(name);
    }

    internal static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<PostgresServer> StartAsync()
    {
        var started = await PostgresServer.StartTemporaryAsync(IPAddress.Parse("127.0.111.5"), PostgresTuning.Test, CancellationToken.None);
        await started.CreateDatabaseAsync(Template);
        await using var template = NpgsqlDataSource.Create(started.ConnectionString(Template) + ";Pooling=false");
        await PostgresMigrations.ApplyAsync(template, CancellationToken.None);
        return started;
    }
}

/// <summary>The database of one test class; each of its tests empties it first.</summary>
public sealed class PostgresDatabase(PostgresFixture server) : IAsyncLifetime
{
    public string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync() => ConnectionString = await server.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A silo's store over it.</summary>
    public Task<PostgresStore> OpenAsync() =>
        PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = ConnectionString }, TestContext.Current.CancellationToken);

    /// <summary>Leaves no device, no checkpoint, no document and no record.</summary>
    public Task EmptyAsync() => PostgresFixture.ExecuteAsync(ConnectionString, "truncate device, checkpoint, document, service_record, update_history, rollout_target, rollout_term restart identity");
}
