using Microsoft.Extensions.Logging;
using Muster.Gates;

namespace Muster.Rollouts;

internal sealed partial class RolloutGrain
{
    [LoggerMessage(EventId = 8240, Level = LogLevel.Information, Message = "Rollout {RolloutId}: {From} -> {To} by {Actor} ({Reason})")]
    private partial void LogMoved(string rolloutId, RolloutStatus from, RolloutStatus to, string actor, string? reason);

    [LoggerMessage(EventId = 8241, Level = LogLevel.Information, Message = "Rollout {RolloutId}, group {Group}: {From} -> {To}")]
    private partial void LogGroupMoved(string rolloutId, string group, GroupStatus from, GroupStatus to);

    [LoggerMessage(EventId = 8242, Level = LogLevel.Warning, Message = "Rollout {RolloutId} was halted by its rule {Kind}: {Reason}")]
    private partial void LogHalted(string rolloutId, HaltKind kind, string reason);

    [LoggerMessage(EventId = 8243, Level = LogLevel.Warning, Message = "Rollout {RolloutId} is led by another activation; this one goes")]
    private partial void LogNotLeading(Exception exception, string rolloutId);

    [LoggerMessage(EventId = 8244, Level = LogLevel.Error, Message = "Rollout {RolloutId}, {Status}, could not go on; it starts again from what is stored")]
    private partial void LogStepFailed(Exception exception, string rolloutId, RolloutStatus status);

    [LoggerMessage(EventId = 8246, Level = LogLevel.Debug, Message = "The members of rollout {RolloutId} could not be read now; they are read again")]
    private partial void LogNotRead(Exception exception, string rolloutId);

    [LoggerMessage(EventId = 8245, Level = LogLevel.Debug, Message = "A shard of rollout {RolloutId} did not answer; its devices are told again")]
    private partial void LogShardFailed(Exception exception, string rolloutId);

    [LoggerMessage(EventId = 8247, Level = LogLevel.Information, Message = "Rollout {RolloutId}, {Gate}: {From} -> {To} by {Actor}")]
    private partial void LogGateMoved(string rolloutId, string gate, string from, GateStatus to, string? actor);

    [LoggerMessage(EventId = 8248, Level = LogLevel.Warning, Message = "Rollout {RolloutId} cannot hold a release that its devices may go back to, and goes on without: {Why}")]
    private partial void LogNotPinned(string rolloutId, string why);
}
