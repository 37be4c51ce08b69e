using Muster.Errors;

namespace Muster.ConsumerGroups;

/// <summary>How the set of consumer groups changes. Pure.</summary>
internal static class ConsumerGroupMachine
{
    internal static ConsumerGroup? Find(ConsumerGroupsState state, string name) => ConsumerGroupName.IsDefault(name)
        ? new ConsumerGroup(ConsumerGroupName.Default, state.CreatedAt)
        : state.Groups.FirstOrDefault(group => group.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The state is unchanged where the group is there already.</summary>
    internal static (ConsumerGroupsState Next, ConsumerGroupReply Reply) Create(ConsumerGroupsState state, string name, DateTimeOffset now)
    {
        if (!ConsumerGroupName.IsValid(name))
        {
            return (state, Refused(
                HubErrorCode.ArgumentInvalid, "A consumer group's name has 1 to 50 ASCII letters, digits and . _ - characters, and begins and ends in a letter or digit."));
        }

        if (Find(state, name) is { } present)
        {
            return (state, new ConsumerGroupReply.Accepted(present, IsNew: false));
        }

        if (state.Groups.Length + 1 >= ConsumerGroupName.MaxGroups)
        {
            return (state, Refused(
                HubErrorCode.TooManyConsumerGroups, $"There are {ConsumerGroupName.MaxGroups} consumer groups, the most there may be, {ConsumerGroupName.Default} counted."));
        }

        var made = new ConsumerGroup(name, now);
        var groups = state.Groups.Add(made).Sort(static (one, other) => StringComparer.OrdinalIgnoreCase.Compare(one.Name, other.Name));
        return (state with { Groups = groups }, new ConsumerGroupReply.Accepted(made, IsNew: true));
    }

    internal static (ConsumerGroupsState Next, ConsumerGroupReply Reply) Delete(ConsumerGroupsState state, string name)
    {
        if (ConsumerGroupName.IsDefault(name))
        {
            return (state, Refused(HubErrorCode.ArgumentInvalid, $"The consumer group {ConsumerGroupName.Default} cannot be deleted."));
        }

        return Find(state, name) is { } present
            ? (state with { Groups = state.Groups.Remove(present) }, new ConsumerGroupReply.Accepted(present, IsNew: false))
            : (state, Refused(HubErrorCode.ConsumerGroupNotFound, $"There is no consumer group {name}."));
    }

    private static ConsumerGroupReply.Refused Refused(HubErrorCode code, string message) => new(new Refusal(code, message));
}
