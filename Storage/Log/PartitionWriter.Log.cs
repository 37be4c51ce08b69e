using Microsoft.Extensions.Logging;

namespace Muster.Storage.Log;

internal sealed partial class PartitionWriter
{
    private readonly ILogger logger = context.Logger;

    [LoggerMessage(EventId = 7102, Level = LogLevel.Error,
        Message = "Event log partition {Partition} cannot write, appends are refused until it can: {Reason}")]
    private partial void LogCannotWrite(int partition, string reason);

    [LoggerMessage(EventId = 7103, Level = LogLevel.Information, Message = "Event log partition {Partition} writes again")]
    private partial void LogWritesAgain(int partition);

    [LoggerMessage(EventId = 7104, Level = LogLevel.Warning, Message = "Event log partition {Partition} could not be put in order, and is tried again: {Reason}")]
    private partial void LogNotMaintained(int partition, string reason);

    [LoggerMessage(EventId = 7105, Level = LogLevel.Information, Message = "Event log partition {Partition} trimmed; its oldest event is now {FirstOffset}")]
    private partial void LogTrimmed(int partition, long firstOffset);
}
