using System.Collections.Immutable;
using Muster.Ddi;
using Xunit;

namespace Muster.Updates;

public sealed class AgentPartsTests
{
    [Theory]
    [InlineData(UpdateAgent.SwUpdate, "a.swu", "a.raucb,a.swu,a.mender")]
    [InlineData(UpdateAgent.Rauc, "a.RAUCB", "a.RAUCB,a.swu")]
    [InlineData(UpdateAgent.Mender, "a.mender", "a.swu,a.mender")]
    [InlineData(UpdateAgent.SwUpdate, null, "a.bin")]
    [InlineData(UpdateAgent.Rauc, "a.bin", "a.bin")]
    [InlineData(UpdateAgent.Mender, "a.bin", "a.bin")]
    [InlineData(UpdateAgent.Mender, null, "a.swu")]
    [InlineData(UpdateAgent.Rauc, null, "a.bin,b.bin")]
    [InlineData(UpdateAgent.Rauc, null, "")]
    public void An_agent_takes_the_file_of_its_ending(UpdateAgent agent, string? taken, string files)
    {
        ImmutableArray<PlannedArtifact> artifacts = [.. files.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(name => new PlannedArtifact { FileName = name, Size = 1, Sha256 = "", Sha1 = "", Md5 = "" })];

        Assert.Equal(taken, AgentArtifact.Of(agent, artifacts)?.FileName);
    }

    [Fact]
    public void The_attribute_that_comes_first_in_the_table_wins()
    {
        var table = AttributeTable.Parse("model=model|device_type; swVersion = version");

        Assert.Equal("P7", table.Read(Said(("DEVICE_TYPE", "x"), ("Model", "P7")))["model"]);
        Assert.Equal("x", table.Read(Said(("device_type", "x"), ("model", "")))["model"]);
        Assert.Empty(table.Read(Said(("other", "x"))));
    }

    [Fact]
    public void Errors_are_kept_for_one_update_of_a_device_the_last_ones_of_the_devices_that_spoke_last()
    {
        var log = new AgentLog();
        log.Add("d1", 1, Enumerable.Range(0, AgentLog.MaxLines + 5).Select(i => $"e{i}"));
        Assert.Equal(("e5", AgentLog.MaxLines), (log.Of("d1", 1)[0], log.Of("d1", 1).Length));
        Assert.Empty(log.Of("d1", 2));

        log.Add("d1", 2, ["new"]);
        Assert.Empty(log.Of("d1", 1));
        Assert.Equal(["new"], log.Of("d1", 2));

        for (var i = 0; i < AgentLog.MaxDevices; i++)
        {
            log.Add($"other{i}", 1, ["x"]);
        }

        Assert.Empty(log.Of("d1", 2));
        Assert.Equal(["x"], log.Of("other0", 1));
    }

    [Fact]
    public void Of_a_line_that_is_kept_the_first_characters_are()
    {
        var log = new AgentLog();
        log.Add("d1", 1, [new string('x', 60_000)]);

        Assert.Equal(new string('x', AgentLog.MaxLineLength), Assert.Single(log.Of("d1", 1)));
    }

    [Theory]
    [InlineData("abc", 4, "abc", "abc")]
    [InlineData("abc", 3, "abc", "abc")]
    [InlineData("abc", 2, "ab", "bc")]
    [InlineData("a\U0001F600b", 2, "a", "b")]
    [InlineData("a\U0001F600b", 3, "a\U0001F600", "\U0001F600b")]
    public void A_cut_never_goes_through_a_character(string text, int max, string head, string tail) =>
        Assert.Equal((head, tail), (Excerpt.Head(text, max), Excerpt.Tail(text, max)));

    [Fact]
    public void A_devices_log_is_passed_on_for_a_while_only()
    {
        var log = new AgentLog();
        Assert.All(Enumerable.Range(0, AgentLog.MaxReports), _ => Assert.True(log.MayReport("d1", 1)));
        Assert.False(log.MayReport("d1", 1));
        Assert.True(log.MayReport("d1", 2));
    }

    [Theory]
    [InlineData(0.2, "00:00:01")]
    [InlineData(1, "00:00:01")]
    [InlineData(300, "00:05:00")]
    [InlineData(86_399, "23:59:59")]
    [InlineData(200_000, "23:59:59")]
    public void The_polling_interval_is_never_nothing(double seconds, string sleep) => Assert.Equal(sleep, DdiBodies.Sleep(TimeSpan.FromSeconds(seconds)));

    private static Dictionary<string, string> Said(params (string Name, string Value)[] attributes) => attributes.ToDictionary(one => one.Name, one => one.Value);
}
