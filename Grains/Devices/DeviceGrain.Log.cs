using Microsoft.Extensions.Logging;
using Muster.Sessions;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Device {DeviceId} was registered, generation {GenerationId}")]
    private static partial void LogCreated(ILogger logger, string deviceId, long generationId);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Device {DeviceId} was updated, status {Status}")]
    private static partial void LogUpdated(ILogger logger, string deviceId, DeviceStatus status);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Information, Message = "Device {DeviceId}, generation {GenerationId}, was deleted")]
    private static partial void LogDeleted(ILogger logger, string deviceId, long generationId);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Error, Message = "The row of device {DeviceId} could not be written; its grain starts again from what is stored")]
    private static partial void LogCommitFailed(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Debug, Message = "Changes of device {DeviceId} were dropped unwritten behind a write that failed")]
    private static partial void LogNeverWritten(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Device {DeviceId} could not be told of desired version {Version}: {Delivery}")]
    private static partial void LogNotPushed(ILogger logger, string deviceId, long version, SessionDelivery delivery);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Device {DeviceId} could not be told of desired version {Version}")]
    private static partial void LogPushFailed(ILogger logger, string deviceId, long version, Exception exception);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "Messages could not be handed to the session of device {DeviceId}")]
    private static partial void LogMessagesNotPushed(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "Feedback of device {DeviceId} could not be delivered; it is sent again")]
    private static partial void LogFeedbackNotSent(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "Method call of device {DeviceId} was cut off from its session")]
    private static partial void LogMethodCutOff(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 6109, Level = LogLevel.Warning, Message = "Device {DeviceId} could not be read from the upstream hub")]
    private static partial void LogNotRead(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 8006, Level = LogLevel.Debug, Message = "Device {DeviceId} has session {Epoch}")]
    private static partial void LogAttached(ILogger logger, string deviceId, long epoch);
}
