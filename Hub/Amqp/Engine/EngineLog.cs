using Microsoft.Extensions.Logging;

namespace Muster.Amqp;

/// <summary>What operators read of AMQP connections.</summary>
internal sealed partial class EngineLog(ILogger<EngineLog> logger)
{
    [LoggerMessage(EventId = 8100, Level = LogLevel.Error, Message = "A handler of the AMQP link {Address} failed; the link is detached")]
    public partial void HandlerFailed(string address, Exception exception);

    [LoggerMessage(EventId = 8101, Level = LogLevel.Warning, Message = "The AMQP link {Address} could not be opened")]
    public partial void OpenFailed(string address, Exception exception);

    [LoggerMessage(EventId = 8102, Level = LogLevel.Warning, Message = "The tokens of AMQP connection {ConnectionId} could not be looked at; it is closed")]
    public partial void LookFailed(long connectionId, Exception exception);

    [LoggerMessage(EventId = 8103, Level = LogLevel.Warning, Message = "A token of AMQP connection {ConnectionId} could not be checked; it is asked to try again")]
    public partial void CheckFailed(long connectionId, Exception exception);

    [LoggerMessage(EventId = 8104, Level = LogLevel.Debug, Message = "AMQP connection {ConnectionId} ended: {Reason}")]
    public partial void Ended(long connectionId, string reason);
}
