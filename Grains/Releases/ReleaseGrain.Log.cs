using Microsoft.Extensions.Logging;

namespace Muster.Releases;

internal sealed partial class ReleaseGrain
{
    private void LogStatus(ReleaseState before, ReleaseState next)
    {
        if (before.Status != next.Status)
        {
            LogMoved(ReleaseId, before.Status, next.Status, next.Reason);
        }
    }

    [LoggerMessage(EventId = 8120, Level = LogLevel.Information, Message = "The release {ReleaseId} was made")]
    private partial void LogCreated(string releaseId);

    [LoggerMessage(EventId = 8121, Level = LogLevel.Information, Message = "Release {ReleaseId}: {From} -> {To} ({Reason})")]
    private partial void LogMoved(string releaseId, ReleaseStatus from, ReleaseStatus to, string? reason);

    [LoggerMessage(EventId = 8122, Level = LogLevel.Information, Message = "The release {ReleaseId} was deleted")]
    private partial void LogDeleted(string releaseId);
}
