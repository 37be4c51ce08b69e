using Muster.Storage.Query;
using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Query;

public sealed class AccessPathTests : IAsyncDisposable
{
    private readonly SqliteQueryFleet fleet = new();

    public ValueTask DisposeAsync() => fleet.DisposeAsync();

    [Theory]
    [InlineData("tags.a = 'x'", "SEARCH t USING PRIMARY KEY (path=? AND kind=? AND value=? AND device>?)", "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)")]
    [InlineData("status = 'enabled' AND 7 = tags.a.b", "SEARCH t USING PRIMARY KEY (path=? AND kind=? AND value=? AND device>?)", "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)")]
    [InlineData("tags.a IN ['x', 'y']", "SEARCH t USING PRIMARY KEY (path=? AND kind=? AND value=? AND device>?)", "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)")]
    [InlineData("deviceId = 'x'", "SEARCH d USING INDEX device_key (device_id=? AND module_id=?", "")]
    [InlineData("deviceId IN ['x', 'y']", "SEARCH d USING INDEX device_key (device_id=? AND module_id=?", "")]
    [InlineData("tags.a != 'x'", "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)", "")]
    [InlineData("tags.a = 'x' OR tags.b = 'y'", "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)", "")]
    [InlineData("status = 'disabled'", "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)", "")]
    public void The_plan_reaches_rows_by_the_index(string condition, string first, string second)
    {
        var compiled = fleet.Compile(TwinQuery.Parse($"SELECT * FROM devices WHERE {condition}"));
        var plan = fleet.Plan(compiled);

        Assert.StartsWith(first, plan[0], StringComparison.Ordinal);
        Assert.True(second.Length == 0 || plan.Contains(second), string.Join('\n', plan));
    }

    [Fact]
    public async Task Of_two_tags_the_rarer_one_leads()
    {
        for (var i = 0; i < 20; i++)
        {
            await fleet.AddAsync($"d{i}", $$"""{"common":"x","rare":{{i}}}""");
        }

        var query = TwinQuery.Parse("SELECT * FROM devices WHERE tags.common = 'x' AND tags.rare = 7 AND tags.common IN ['x', 'y']");
        Assert.Equal(["rare"], Assert.IsType<AccessPath.ByTag>(AccessPathChooser.Choose(fleet.Database, query.Where)).Segments);
    }
}
