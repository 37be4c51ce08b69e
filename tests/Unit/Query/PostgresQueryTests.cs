using Muster.Fleet;
using Muster.Storage;
using Muster.Storage.Query;
using Xunit;

namespace Muster.Query;

/// <summary>How PostgreSQL goes about queries of a fleet that is too large to be looked through.</summary>
public sealed class PostgresQueryTests(PostgresDatabase database) : IClassFixture<PostgresDatabase>
{
    private const int Devices = 20_000;

    private const string Fill = """
        INSERT INTO device (virtual_partition,device_id,module_id,version,twin_version,status,connection_state,generation_id,identity_version,
          authentication_type,iot_edge,session_epoch,session_subscriptions,session_persistent,observed_offset,desired_version,reported_version,tags,tags_index,reported,reported_metadata)
        SELECT n%1024,'d'||n,'',1,1,0,0,1,1,0,0,0,0,0,0,0,1,tags,tags::jsonb,'{"fw":"1.'||n%7||'","n":'||n||'}',decode(repeat('00',64),'hex')
        FROM generate_series(1,20000) n, LATERAL (SELECT '{"site":{"name":"s'||n%1000||'"},"kind":"pump","half":'||n%2||'}') t (tags);
        ANALYZE device;
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_device_is_on_one_page_and_a_page_begins_where_the_one_before_ended()
    {
        await using var fleet = await FilledAsync();
        foreach (var (query, devices) in ((string, int)[])
        [
            ("SELECT deviceId FROM devices", Devices), ("SELECT deviceId FROM devices WHERE tags.half = 1", Devices / 2),
            ("SELECT deviceId FROM devices WHERE properties.reported.n > 19000", 1000), ("SELECT deviceId FROM devices WHERE tags.site.name IN ['s1', 's2']", 40),
        ])
        {
            var items = await fleet.AllAsync(query, 1000);
            Assert.Equal((devices, devices), (items.Count, items.Distinct().Count()));
        }
    }

    [Fact]
    public async Task Pages_follow_an_index_and_rare_tags_are_found_by_theirs()
    {
        await using var fleet = await FilledAsync();
        Assert.Contains("device_order", await fleet.PlanAsync(TwinQuery.Parse("SELECT * FROM devices")), StringComparison.Ordinal);
        Assert.Contains("device_order", await fleet.PlanAsync(TwinQuery.Parse("SELECT * FROM devices WHERE tags.kind = 'pump'")), StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", await fleet.PlanAsync(TwinQuery.Parse("SELECT * FROM devices WHERE properties.reported.n > 7")), StringComparison.Ordinal);
        foreach (var condition in (string[])["tags.site.name = 's7'", "status = 'enabled' AND 's7' = tags.site.name", "tags.site.name IN ['s7', 's8']"])
        {
            Assert.Contains("Bitmap Index Scan on device_tags", await fleet.PlanAsync(TwinQuery.Parse($"SELECT * FROM devices WHERE {condition}")), StringComparison.Ordinal);
        }

        Assert.Matches("device_(pkey|by_id)", await fleet.PlanAsync(TwinQuery.Parse("SELECT * FROM devices WHERE deviceId IN ['d7', 'd8']")));
        Assert.Equal(new FleetStatistics(Devices, Devices, 0, 0), await fleet.Index.CountAsync(Cancel));
    }

    private async Task<PostgresQueryFleet> FilledAsync()
    {
        var fleet = await PostgresQueryFleet.NewAsync(database, new FleetQueryOptions());
        await fleet.ExecuteAsync(Fill);
        return fleet;
    }
}
