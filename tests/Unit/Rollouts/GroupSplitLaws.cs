using System.Collections.Immutable;
using CsCheck;
using Xunit;

namespace Muster.Rollouts;

public sealed class GroupSplitLaws
{
    [Fact]
    public void Each_candidate_is_in_one_group_and_in_the_same_one_whatever_order_they_come_in() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 60], Gen.Int[1, 50], Gen.Int[0, 1000]).Sample((count, percent, fixedCount, seed) =>
        {
            ImmutableArray<GroupSpec> groups =
                [new() { Name = "p", Percent = percent }, new() { Name = "c", Count = fixedCount }, new() { Name = "q", Condition = "tags.a = 1" }, new() { Name = "rest" }];
            string[] ids = [.. Enumerable.Range(0, count).Select(i => $"device-{i + seed}")];
            int[] conditional = [.. Enumerable.Range(0, count).Select(i => i % 7 == 0 ? 2 : -1)];
            var split = GroupSplit.Assign(groups, ids, conditional);

            Assert.All(split, group => Assert.InRange(group, 0, 3));
            Assert.All(Enumerable.Range(0, count), i => Assert.Equal(conditional[i] == 2, split[i] == 2));
            var rest = conditional.Count(static group => group < 0);
            var canary = Math.Min(rest, (int)Math.Ceiling(percent / 100.0 * count - 1e-6));
            Assert.Equal(canary, split.Count(static group => group == 0));
            Assert.Equal(Math.Min(fixedCount, rest - canary), split.Count(static group => group == 1));

            int[] order = [.. Enumerable.Range(0, count).OrderBy(i => (i * 7919) % 307)];
            var again = GroupSplit.Assign(groups, [.. order.Select(i => ids[i])], [.. order.Select(i => conditional[i])]);
            Assert.All(Enumerable.Range(0, count), i => Assert.Equal(split[order[i]], again[i]));
        });

    [Theory]
    [InlineData(1000, 333, 333, 334)]
    [InlineData(10, 4, 3, 3)]
    [InlineData(2, 1, 1, 0)]
    public void Thirds_that_add_up_to_a_hundred_take_everyone(int count, int first, int second, int third)
    {
        ImmutableArray<GroupSpec> groups = [new() { Name = "a", Percent = 33.3 }, new() { Name = "b", Percent = 33.3 }, new() { Name = "c", Percent = 33.4 }];
        var split = GroupSplit.Assign(groups, [.. Enumerable.Range(0, count).Select(static i => $"d{i}")], [.. Enumerable.Repeat(-1, count)]);
        Assert.Equal([first, second, third], Enumerable.Range(0, 3).Select(group => split.Count(at => at == group)));
    }

    [Fact]
    public void A_canary_of_one_percent_has_a_device_however_small_the_fleet()
    {
        ImmutableArray<GroupSpec> groups = [new() { Name = "canary", Percent = 1 }, new() { Name = "rest" }];
        Assert.Equal([0], GroupSplit.Assign(groups, ["only"], [-1]));
    }

    [Fact]
    public void The_order_of_devices_is_the_same_on_every_machine_and_for_ever() =>
        Assert.Equal([GroupSplit.Hash("pump-1"), GroupSplit.Hash("pump-2")], [Expected("pump-1"), Expected("pump-2")]);

    private static ulong Expected(string id)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var letter in id)
        {
            hash = unchecked((hash ^ letter) * 0x100000001B3UL);
        }

        hash = unchecked((hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL);
        hash = unchecked((hash ^ (hash >> 27)) * 0x94D049BB133111EBUL);
        return hash ^ (hash >> 31);
    }
}
