using Muster.Fleet;
using Muster.Storage;
using Muster.Storage.Query;
using Xunit;

namespace Muster.Query;

/// <summary>In a database of its own, since it makes the reading of a document slow for good.</summary>
public sealed class PostgresSlowQueryTests(PostgresDatabase database) : IClassFixture<PostgresDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_query_is_stopped_in_the_server_and_everything_else_goes_on()
    {
        await using var fleet = await PostgresQueryFleet.NewAsync(database, new FleetQueryOptions { MaxRunning = 2, MaxWaiting = 0, PageTimeout = TimeSpan.FromSeconds(6) });
        await fleet.AddAsync("d1", """{"a":1}""", """{"a":"takes long"}""");
        await fleet.AddAsync("d1/m");
        await fleet.ExecuteAsync("""
            CREATE OR REPLACE FUNCTION muster_json(document text) RETURNS jsonb LANGUAGE plpgsql STRICT AS $$
            BEGIN PERFORM pg_sleep(600); RETURN document::jsonb; END $$
            """);
        const string slow = "SELECT * FROM devices WHERE properties.reported.a = 1";
        var first = fleet.PageAsync(slow);
        Assert.Equal("d1", await fleet.IdsAsync("tags.a = 1"));
        await fleet.Index.PingAsync(Cancel);

        var second = fleet.PageAsync(slow);
        await Assert.ThrowsAsync<FleetBusyException>(() => fleet.PageAsync("SELECT * FROM devices"));
        await fleet.Index.PingAsync(Cancel);
        Assert.Single(await fleet.Index.ListModulesAsync("d1", Cancel));

        Assert.True((await Assert.ThrowsAsync<FleetBusyException>(() => first)).RetryAfter > TimeSpan.Zero);
        await Assert.ThrowsAsync<FleetBusyException>(() => second);
        Assert.Equal("d1", await fleet.IdsAsync("tags.a = 1"));
        await fleet.ExecuteAsync("DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'); END $$");
    }
}
