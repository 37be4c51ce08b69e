using Microsoft.Extensions.Logging;

namespace Muster.Storage.Log;

internal sealed partial class SegmentLog
{
    [LoggerMessage(EventId = 7101, Level = LogLevel.Warning,
        Message = "Event log partition {Partition}: cut {Bytes} bytes of a commit that did not finish; it goes on at offset {NextOffset}")]
    private static partial void LogCutTail(ILogger logger, int partition, long bytes, long nextOffset);

    [LoggerMessage(EventId = 7106, Level = LogLevel.Warning,
        Message = "Event log partition {Partition} was missing beside a database that knows of it: it starts over, at offset {FirstOffset}")]
    private static partial void LogStartsOver(ILogger logger, int partition, long firstOffset);
}
