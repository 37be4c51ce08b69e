using Muster.Errors;
using Xunit;

namespace Muster.ConsumerGroups;

public sealed class ConsumerGroupMachineTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ConsumerGroupsState None = new() { CreatedAt = Start };

    [Fact]
    public void The_default_group_is_always_there_and_stays()
    {
        Assert.Equal(new ConsumerGroup("$Default", Start), ConsumerGroupMachine.Find(None, "$default"));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(ConsumerGroupMachine.Delete(None, "$Default")));
        Assert.Same(None, ConsumerGroupMachine.Create(None, "$Default", Start).Next);
    }

    [Fact]
    public void A_group_is_made_once_whatever_the_case_of_its_name()
    {
        var (made, reply) = ConsumerGroupMachine.Create(None, "Analytics", Start);
        Assert.Equal(new ConsumerGroupReply.Accepted(new ConsumerGroup("Analytics", Start), IsNew: true), reply);

        var (again, second) = ConsumerGroupMachine.Create(made, "analytics", Start.AddDays(1));
        Assert.Same(made, again);
        Assert.Equal(new ConsumerGroupReply.Accepted(new ConsumerGroup("Analytics", Start), IsNew: false), second);
        Assert.Equal("Analytics", ConsumerGroupMachine.Find(made, "ANALYTICS")?.Name);
    }

    [Fact]
    public void A_deleted_group_is_gone_and_one_that_is_not_there_is_not_found()
    {
        var made = ConsumerGroupMachine.Create(ConsumerGroupMachine.Create(None, "a", Start).Next, "b", Start).Next;
        var deleted = ConsumerGroupMachine.Delete(made, "A").Next;

        Assert.Equal(["b"], deleted.Groups.Select(group => group.Name));
        Assert.Equal(HubErrorCode.ConsumerGroupNotFound, Why(ConsumerGroupMachine.Delete(deleted, "a")));
    }

    [Fact]
    public void There_may_be_twenty_with_the_default_one()
    {
        var state = None;
        for (var i = 1; i < ConsumerGroupName.MaxGroups; i++)
        {
            var (next, reply) = ConsumerGroupMachine.Create(state, $"g{i}", Start);
            Assert.IsType<ConsumerGroupReply.Accepted>(reply);
            state = next;
        }

        Assert.Equal(HubErrorCode.TooManyConsumerGroups, Why(ConsumerGroupMachine.Create(state, "one-more", Start)));
        Assert.IsType<ConsumerGroupReply.Accepted>(ConsumerGroupMachine.Create(state, "g1", Start).Reply);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A1._-z", true)]
    [InlineData("$Default", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a.", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("$other", false)]
    [InlineData("é", false)]
    public void Names_are_those_that_Event_Hubs_takes(string name, bool isValid)
    {
        Assert.Equal(isValid, ConsumerGroupName.IsValid(name));
        Assert.Equal(isValid, ConsumerGroupMachine.Create(None, name, Start).Reply is ConsumerGroupReply.Accepted);
    }

    [Fact]
    public void A_name_has_fifty_characters_at_most()
    {
        Assert.True(ConsumerGroupName.IsValid(new string('a', 50)));
        Assert.False(ConsumerGroupName.IsValid(new string('a', 51)));
    }

    private static HubErrorCode Why((ConsumerGroupsState Next, ConsumerGroupReply Reply) move) => Assert.IsType<ConsumerGroupReply.Refused>(move.Reply).Why.Code;
}
