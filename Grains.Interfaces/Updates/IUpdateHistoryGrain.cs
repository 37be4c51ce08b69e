using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.Updates;

/// <summary>Reads the histories of devices' updates. Key: any; each silo answers for itself.</summary>
[Alias("muster.IUpdateHistoryGrain")]
public interface IUpdateHistoryGrain : IGrainWithIntegerKey
{
    /// <summary>Steps of all updates of a device, newest first; empty if it never had one.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="before">Only those of a smaller <see cref="UpdateStep.Sequence"/>; <see cref="long.MaxValue"/> for the newest.</param>
    /// <param name="max">1 to 1000; anything else is an <see cref="ArgumentOutOfRangeException"/>.</param>
    [Alias("Read"), ReadOnly]
    Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int max);

    /// <summary>Steps of a rollout's members in the order in which they were committed: what an audit, or a check of its limits, reads.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="after">The position of the last one of the page before; 0 for the first page.</param>
    /// <param name="max">1 to 5000; anything else is an <see cref="ArgumentOutOfRangeException"/>.</param>
    [Alias("ReadRollout"), ReadOnly]
    Task<ImmutableArray<RolloutStep>> ReadRolloutAsync(string rollout, long after, int max);

    /// <summary>Rollouts that have the device for a member whose turn has not come, by their ids, at most 10; empty if there are none.</summary>
    /// <param name="deviceId">The device.</param>
    [Alias("ReadTurns"), ReadOnly]
    Task<ImmutableArray<RolloutTurn>> ReadTurnsAsync(string deviceId);
}

/// <summary>What a rollout has planned for a device.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutTurn")]
public sealed record RolloutTurn
{
    [Id(0)] public required string Rollout { get; init; }

    /// <summary>From 0.</summary>
    [Id(1)] public required int Group { get; init; }

    /// <summary>Planned, or Eligible while the device is told.</summary>
    [Id(2)] public required UpdateStatus Status { get; init; }

    [Id(3)] public required string Release { get; init; }

    [Id(4)] public required string Version { get; init; }

    /// <summary>Why it does not have it yet, a sentence.</summary>
    [Id(5)] public required string Because { get; init; }
}

/// <summary>A step of one of a rollout's members.</summary>
/// <param name="Position">Rising; on PostgreSQL, steps of one moment may be seen out of order.</param>
[GenerateSerializer, Immutable, Alias("muster.RolloutStep")]
public sealed record RolloutStep([property: Id(0)] long Position, [property: Id(1)] string DeviceId, [property: Id(2)] UpdateStep Step);
