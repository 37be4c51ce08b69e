using Microsoft.Extensions.Logging;
using Muster.Routing;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary>What the receivers of a silo share.</summary>
internal sealed partial class ReceiverServices(IEventLog log, IConsumerGroupFilter filter, ReceiverTable receivers, TimeProvider clock, ILogger<EventReceiver> logger)
{
    internal IEventLog Log => log;

    internal EventPages Pages { get; } = new(log, filter);

    internal ReceiverTable Receivers => receivers;

    internal TimeProvider Clock => clock;

    [LoggerMessage(EventId = 6030, Level = LogLevel.Error, Message = "Event partition {Partition} cannot be read for consumer group {Group}; its receiver is detached")]
    internal partial void LogUnreadable(Exception exception, int partition, string group);

    [LoggerMessage(EventId = 6031, Level = LogLevel.Error, Message = "A receiver of event partition {Partition} for consumer group {Group} failed")]
    internal partial void LogFailed(Exception exception, int partition, string group);
}
