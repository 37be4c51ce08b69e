using Microsoft.Extensions.Logging;

namespace Muster.Routing;

internal sealed partial class RouteRunner
{
    [LoggerMessage(EventId = 6201, Level = LogLevel.Error, Message = "The route runner of endpoint {Endpoint}, partition {Partition}, failed and is started again")]
    private partial void LogFailed(Exception exception, string endpoint, int partition);

    [LoggerMessage(EventId = 6202, Level = LogLevel.Information, Message = "Another owner took the checkpoint of endpoint {Endpoint}, partition {Partition}, over")]
    private partial void LogLost(string endpoint, int partition);

    [LoggerMessage(EventId = 6203, Level = LogLevel.Warning, Message = "Endpoint {Endpoint} does not take events of partition {Partition} and is asked again for a while: {Reason}")]
    private partial void LogRetries(string endpoint, int partition, string reason);

    [LoggerMessage(EventId = 6204, Level = LogLevel.Error,
        Message = "Endpoint {Endpoint} did not take {Count} events of partition {Partition} from offset {Offset} on; they are dead letters: {Reason}")]
    private partial void LogGivenUp(string endpoint, int partition, int count, long offset, string reason);

    [LoggerMessage(EventId = 6205, Level = LogLevel.Information, Message = "Endpoint {Endpoint} takes events of partition {Partition} again")]
    private partial void LogRecovered(string endpoint, int partition);

    [LoggerMessage(EventId = 6209, Level = LogLevel.Error,
        Message = "The event at offset {Offset} of partition {Partition} could not be judged: no route to endpoint {Endpoint} takes it; others like it are only counted")]
    private partial void LogUnjudged(Exception exception, string endpoint, int partition, long offset);

    [LoggerMessage(EventId = 6211, Level = LogLevel.Warning,
        Message = "Event partition {Partition} no longer held offsets {First} to {Last} when endpoint {Endpoint} came to them (EventLog:Retention, EventLog:MaxBytes): "
            + "it does not get them; what is dropped so from now on is only counted")]
    private partial void LogDropped(string endpoint, int partition, long first, long last);
}
