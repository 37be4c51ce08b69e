using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.ConsumerGroups;

/// <summary>
/// The consumer groups of the event log, under which back ends read it independently of each other. <c>$Default</c> is always there. Key: 0.
/// </summary>
[Alias("muster.IConsumerGroupsGrain")]
public interface IConsumerGroupsGrain : IGrainWithIntegerKey
{
    /// <summary>All groups, <c>$Default</c> first, then by name.</summary>
    [Alias("List"), ReadOnly]
    ValueTask<ImmutableArray<ConsumerGroup>> ListAsync();

    /// <summary>The group of this name, without regard to case; null if there is none.</summary>
    [Alias("Get"), ReadOnly]
    ValueTask<ConsumerGroup?> GetAsync(string name);

    /// <summary>Makes the group. Idempotent: one that is there stays as it is.</summary>
    /// <returns>Refused: ArgumentInvalid for a name that none can have, TooManyConsumerGroups.</returns>
    [Alias("Create")]
    Task<ConsumerGroupReply> CreateAsync(string name);

    /// <summary>Deletes the group; its receivers are detached.</summary>
    /// <returns>Refused: ConsumerGroupNotFound, or ArgumentInvalid for <c>$Default</c>.</returns>
    [Alias("Delete")]
    Task<ConsumerGroupReply> DeleteAsync(string name);
}
