using System.Collections.Immutable;
using System.Globalization;
using Muster.Devices;
using Xunit;

namespace Muster.Deadlines;

public sealed class DueScanTests
{
    private static readonly DateTimeOffset Now = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task Rows_that_stay_due_are_met_once_and_keep_nobody_behind_them_waiting(int rows)
    {
        var index = new Index(rows);
        var called = new List<DueRow>();
        await new DueScan(index, page: 3).RunAsync([[1], [2]], Now, Note, TestContext.Current.CancellationToken);
        Assert.Equal(index.All, called.OrderBy(row => row.Key.ToString(), StringComparer.Ordinal));

        Task Note(ImmutableArray<DueRow> due)
        {
            called.AddRange(due);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Partitions_take_turns_page_by_page()
    {
        var turns = new List<string>();
        await new DueScan(new Index(5), page: 3).RunAsync([[1], [2]], Now, Note, TestContext.Current.CancellationToken);
        Assert.Equal(["p1-0 p1-1 p1-2", "p2-0 p2-1 p2-2", "p1-3 p1-4", "p2-3 p2-4"], turns);

        Task Note(ImmutableArray<DueRow> due)
        {
            turns.Add(string.Join(' ', due.Select(row => row.Key.ToString())));
            return Task.CompletedTask;
        }
    }

    /// <summary>Partitions 1 and 2, each with as many rows; none of them is ever done.</summary>
    private sealed class Index(int rows) : IDeadlineIndex
    {
        internal IEnumerable<DueRow> All => Of(1).Concat(Of(2));

        public Task<ImmutableArray<DueRow>> ReadDueAsync(DuePage page, CancellationToken cancellationToken) => Task.FromResult(
            page.Partitions.SelectMany(Of).Where(row => page.After is not { } after || row.Deadline > after.Deadline).Take(page.Limit).ToImmutableArray());

        private IEnumerable<DueRow> Of(int partition) => Enumerable.Range(0, rows)
            .Select(i => new DueRow(Now.AddDays(i - 100), DeviceKey.Parse($"p{partition}-{i}", CultureInfo.InvariantCulture)));
    }
}
