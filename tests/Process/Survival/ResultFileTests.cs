using Muster.Hosting;

namespace Muster.Survival;

public sealed class ResultFileTests
{
    private static readonly FailureKind Kill = FailureKind.All.Single(kind => kind.Name == "kill");

    [Fact]
    public void Rounds_that_passed_are_counted_over_time_and_failed_ones_are_not()
    {
        using var folder = new TemporaryFolder();
        var file = new ResultFile(folder.File("results/survive.jsonl"));
        Assert.Equal(0, file.Passed(Kill));

        file.Append(Result(Kill, RoundResult.Passed, 10));
        file.Append(Result(Kill, "failed", 20));
        new ResultFile(folder.File("results/survive.jsonl")).Append(Result(Kill, RoundResult.Passed, 30));

        Assert.Equal(2, file.Passed(Kill));
        Assert.Equal(0, file.Passed(FailureKind.DiskFull));
    }

    [Fact]
    public void The_summary_has_the_worst_round_of_each_kind()
    {
        using var folder = new TemporaryFolder();
        var file = new ResultFile(folder.File("survive.jsonl"));
        file.Append(Result(Kill, RoundResult.Passed, 1234));
        file.Append(Result(Kill, RoundResult.Passed, 777));

        var row = file.Summary().Split('\n').Single(line => line.StartsWith("kill ", StringComparison.Ordinal));
        Assert.Contains("2/20", row, StringComparison.Ordinal);
        Assert.Contains("1234", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Gaps_are_taken_by_nearest_rank() =>
        Assert.Equal(new Gaps(100, 50, 99, 100), Gaps.Of(Enumerable.Range(1, 100).Select(number => TimeSpan.FromMilliseconds(number))));

    private static RoundResult Result(FailureKind kind, string verdict, int lost) =>
        new(DateTimeOffset.UnixEpoch, "c0ffee", 1, kind.Name, 1, verdict, "silo-1", 3.5) { Lost = new Gaps(1, lost, lost, lost) };
}
