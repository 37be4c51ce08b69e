using System.Collections.Immutable;
using System.Text;
using Muster.Devices;
using Muster.Query;
using Muster.Updates;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine finds for a plan.</summary>
public abstract class CandidateLaws : IAsyncLifetime
{
    private static readonly TwinQuery All = TwinQuery.Parse("SELECT * FROM devices");
    private static readonly CandidatePage Page = new(null, null, [], null, null, 100);

    protected abstract StoreUnderTest Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    [Fact]
    public async Task Devices_are_found_with_what_a_plan_looks_at()
    {
        await AddAsync("b", """{"place":{"plant":"Zürich"},"hold":true}""", """{"deviceInformation":{"model":"P7","hwRevision":"B","swVersion":"1.2.0"}}""");
        await AddAsync("a", """{"place":{"plant":7},"hold":"true"}""", """{"deviceInformation":{"model":12}}""");
        await AddAsync("c", """{"place":{"plant":{}},"hold":1}""", null);
        await AddAsync("d", null, null);
        await AddAsync("a/module", null, null);
        var page = Page with { SiteTag = "place.plant", ExcludeTag = "hold", GroupConditions = [Where("tags.hold = 1"), Where("is_defined(tags.place)")] };

        Assert.Equal(
            [
                new TargetCandidate("a", "7", true, null, null, null, 1), new TargetCandidate("b", "Zürich", true, "P7", "B", "1.2.0", 1),
                new TargetCandidate("c", "", false, null, null, null, 0), new TargetCandidate("d", "", false, null, null, null, -1),
            ],
            await Store.Targets.FindAsync(All, page, Cancel));
        Assert.All(await Store.Targets.FindAsync(All, Page, Cancel), found => Assert.Equal(("", false, -1), (found.Site, found.IsExcluded, found.Group)));
    }

    [Fact]
    public async Task A_condition_and_a_list_of_ids_narrow_and_pages_go_on_behind_the_last_id()
    {
        foreach (var i in Enumerable.Range(0, 12))
        {
            await AddAsync($"d{i:00}", $$"""{"floor":{{i % 2}},"area":"x"}""", null);
        }

        Assert.Equal(["d01", "d03", "d05"], await FindAsync(Where("tags.floor = 1"), Page with { Limit = 3 }));
        Assert.Equal(["d07", "d09", "d11"], await FindAsync(Where("tags.floor = 1"), Page with { After = "d05" }));
        Assert.Equal(["d03"], await FindAsync(Where("tags.floor = 1 AND tags.area = 'x'"), Page with { DeviceIds = ["d03", "d04", "nobody"] }));
        Assert.Equal(["d02", "d04"], await FindAsync(Where("deviceId IN ['d04', 'd02']"), Page));
        Assert.Empty(await FindAsync(Where("tags.floor = 1"), Page with { DeviceIds = [] }));
        await Assert.ThrowsAsync<QueryException>(() => FindAsync(Where("properties.reported.$metadata.x = 1"), Page));
    }

    private static TwinQuery Where(string condition) => TwinQuery.Parse($"SELECT * FROM devices WHERE {condition}");

    private async Task<string[]> FindAsync(TwinQuery query, CandidatePage page) => [.. (await Store.Targets.FindAsync(query, page, Cancel)).Select(found => found.DeviceId)];

    private Task<GrainState<DeviceState>> AddAsync(string key, string? tags, string? reported) => Store.CreateAsync(key, SampleStates.Small with
    {
        Tags = tags is null ? null : Encoding.UTF8.GetBytes(tags),
        Reported = new TwinSection { Json = reported is null ? null : Encoding.UTF8.GetBytes(reported) },
    });
}
