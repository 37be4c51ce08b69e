using Muster.Storage.Postgres;
using Npgsql;
using Xunit;

namespace Muster.Storage;

public sealed class PostgresMigrationsTests(PostgresFixture server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_scripts_are_numbered_from_one_without_a_gap() =>
        Assert.Equal(Enumerable.Range(1, PostgresMigrations.Version), PostgresMigrations.Scripts.Select(script => script.Version));

    [Fact]
    public async Task Eight_silos_may_migrate_an_empty_database_at_once()
    {
        await using var database = Source(await server.CreateEmptyDatabaseAsync());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostgresMigrations.ApplyAsync(database, Cancel)));
        Assert.Equal((long)PostgresMigrations.Version, await CountAsync(database));
    }

    [Fact]
    public async Task A_database_that_is_up_to_date_is_left_alone()
    {
        await using var database = Source(await server.CreateDatabaseAsync());
        await PostgresMigrations.ApplyAsync(database, Cancel);
        Assert.Equal((long)PostgresMigrations.Version, await CountAsync(database));
    }

    [Fact]
    public async Task A_newer_schema_is_refused_in_one_line_and_left_as_it_is()
    {
        var connectionString = await server.CreateDatabaseAsync();
        await using var database = Source(connectionString);
        await PostgresFixture.ExecuteAsync(connectionString, "insert into muster_schema (version, name) values (9999, 'tomorrow')");
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => PostgresMigrations.ApplyAsync(database, Cancel));
        Assert.Contains("9999", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(PostgresMigrations.Version + 1L, await CountAsync(database));
    }

    private static NpgsqlDataSource Source(string connectionString) => NpgsqlDataSource.Create(connectionString + ";Pooling=false");

    private static async Task<object?> CountAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select count(*) from muster_schema");
        return await command.ExecuteScalarAsync(Cancel);
    }
}
