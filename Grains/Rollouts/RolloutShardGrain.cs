using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Deadlines;
using Muster.Updates;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Muster.Rollouts;

/// <summary>Calls devices for a rollout, so that its coordinator does not. Keeps nothing. Key: <c>rollout/n</c>.</summary>
[Alias("muster.IRolloutShardGrain")]
internal interface IRolloutShardGrain : IGrainWithStringKey
{
    /// <summary>Answers when every device has answered, or could not be reached.</summary>
    /// <returns>Those that did not do as they were told.</returns>
    [Alias("Tell"), AlwaysInterleave]
    Task<ImmutableArray<ShardAnswer>> TellAsync(ShardBatch batch);
}

/// <summary>What devices are told.</summary>
internal enum ShardOrder : int
{
    Assign = 0,
    Grant = 1,
    Cancel = 2,

    /// <summary>Those that have begun to install go back, others stop.</summary>
    RollBack = 3,
    Hold = 4,
}

[GenerateSerializer, Immutable, Alias("muster.ShardBatch")]
internal sealed record ShardBatch
{
    [Id(0)] public required string Rollout { get; init; }

    [Id(1)] public required ShardOrder Order { get; init; }

    /// <summary>At most 1000.</summary>
    [Id(2)] public required ImmutableArray<ShardDevice> Devices { get; init; }

    /// <summary>The release of those that have none of their own; empty for what each ran last and well.</summary>
    [Id(3)] public string Release { get; init; } = "";

    [Id(4)] public int Priority { get; init; }

    [Id(5)] public bool IsRollback { get; init; }

    [Id(6)] public string Actor { get; init; } = "rollout";

    [Id(7)] public string Reason { get; init; } = "";

    [Id(8)] public PauseLevel Level { get; init; }
}

[GenerateSerializer, Immutable, Alias("muster.ShardDevice")]
internal readonly record struct ShardDevice
{
    [Id(0)] public required string DeviceId { get; init; }

    [Id(1)] public int Group { get; init; }

    [Id(2)] public int Epoch { get; init; }

    [Id(3)] public bool IsGranted { get; init; }

    [Id(4)] public string? Release { get; init; }

    /// <summary>True if it installs, or did.</summary>
    [Id(5)] public bool HasBegun { get; init; }
}

internal enum ShardOutcome : int
{
    /// <summary>Could not be reached, or the store failed: asked again.</summary>
    Failed = 0,

    /// <summary>Another rollout holds it.</summary>
    Busy = 1,

    /// <summary>There is no such device.</summary>
    Unknown = 2,
}

/// <param name="Holder">The rollout that holds it; null unless it is busy.</param>
[GenerateSerializer, Immutable, Alias("muster.ShardAnswer")]
internal readonly record struct ShardAnswer([property: Id(0)] string DeviceId, [property: Id(1)] ShardOutcome Outcome, [property: Id(2)] string? Holder);

[GrainType("rollout-shard"), HashBasedPlacement]
internal sealed partial class RolloutShardGrain(IRolloutDevices devices, RolloutServices services, ILogger<RolloutShardGrain> logger) : Grain, IRolloutShardGrain
{
    private readonly PacedCalls calls = new(services.Settings.Concurrency, services.Settings.CallsPerSecond, services.Clock);

    public async Task<ImmutableArray<ShardAnswer>> TellAsync(ShardBatch batch)
    {
        var answers = ImmutableArray.CreateBuilder<ShardAnswer>();
        await calls.ForEachAsync(batch.Devices, TellOneAsync, CancellationToken.None);
        return answers.ToImmutable();

        async Task TellOneAsync(ShardDevice device)
        {
            if (await AskAsync(batch, device) is { } answer)
            {
                answers.Add(answer);
            }
        }
    }

    private async Task<ShardAnswer?> AskAsync(ShardBatch batch, ShardDevice device)
    {
        try
        {
            return await DoAsync(batch, device) switch
            {
                AssignReply.Busy busy => new ShardAnswer(device.DeviceId, ShardOutcome.Busy, busy.Rollout),
                AssignReply.Unknown => new ShardAnswer(device.DeviceId, ShardOutcome.Unknown, null),
                _ => null,
            };
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogNotTold(e, device.DeviceId, batch.Rollout);
        }
        catch (Exception e)
        {
            // Its own fault: those behind it are told all the same.
            LogFailed(e, device.DeviceId, batch.Rollout);
        }

        return new ShardAnswer(device.DeviceId, ShardOutcome.Failed, null);
    }

    private async Task<AssignReply?> DoAsync(ShardBatch batch, ShardDevice device)
    {
        switch (batch.Order)
        {
            case ShardOrder.Assign:
                return await AssignAsync(batch, device);
            case ShardOrder.Grant:
                await devices.GrantAsync(device.DeviceId, batch.Rollout, device.Epoch);
                return null;
            case ShardOrder.RollBack when device.HasBegun:
                await devices.RollBackAsync(device.DeviceId, batch.Rollout, batch.Actor, batch.Reason);
                return null;
            case ShardOrder.Cancel or ShardOrder.RollBack:
                await devices.CancelAsync(device.DeviceId, batch.Rollout, batch.Actor, batch.Reason);
                return null;
            default:
                await devices.HoldAsync(device.DeviceId, batch.Rollout, batch.Level);
                return null;
        }
    }

    private async Task<AssignReply> AssignAsync(ShardBatch batch, ShardDevice device)
    {
        var reply = await devices.AssignAsync(device.DeviceId, new UpdateAssignment
        {
            Rollout = batch.Rollout,
            Group = device.Group,
            Release = batch.IsRollback ? "" : device.Release ?? batch.Release,
            Epoch = device.Epoch,
            IsGranted = device.IsGranted,
            Priority = batch.Priority,
            IsRollback = batch.IsRollback,
        });

        // Assigned before without room, and granted since: the assignment alone, known already, would change nothing.
        if (device.IsGranted && reply is AssignReply.Taken { Status: UpdateStatus.Eligible or UpdateStatus.Gated })
        {
            await devices.GrantAsync(device.DeviceId, batch.Rollout, device.Epoch);
        }

        return reply;
    }

    [LoggerMessage(EventId = 8260, Level = LogLevel.Debug, Message = "Device {DeviceId} could not be told of rollout {RolloutId}; it is told again")]
    private partial void LogNotTold(Exception exception, string deviceId, string rolloutId);

    [LoggerMessage(EventId = 8261, Level = LogLevel.Error, Message = "Device {DeviceId} failed when it was told of rollout {RolloutId}; it is told again")]
    private partial void LogFailed(Exception exception, string deviceId, string rolloutId);
}
