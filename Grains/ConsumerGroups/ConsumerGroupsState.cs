using System.Collections.Immutable;

namespace Muster.ConsumerGroups;

/// <summary>The consumer groups as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.ConsumerGroupsState")]
public sealed record ConsumerGroupsState
{
    /// <summary>All but <c>$Default</c>, by name without regard to case.</summary>
    [Id(0)] public ImmutableArray<ConsumerGroup> Groups { get; init; } = [];

    /// <summary>When <c>$Default</c> began to be: UTC, the silo's clock.</summary>
    [Id(1)] public DateTimeOffset CreatedAt { get; init; }
}
