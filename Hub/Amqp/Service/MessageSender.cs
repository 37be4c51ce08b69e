using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Amqp;

/// <summary>Messages of a back office to devices: accepted once they are in the device's queue.</summary>
internal sealed partial class MessageSender(IGrainFactory grains, GrainCalls calls, ILogger logger) : IMessageSink
{
    /// <summary>Messages that may be on their way to their grains.</summary>
    public const int Credit = 100;

    /// <summary>A message of the largest size, and what its sections cost; up to here one that is too long has its own error.</summary>
    public const int MaxEncodedBytes = 4 * CloudMessage.MaxBytes;

    private static readonly Refusal Unavailable = new(
        HubErrorCode.ServiceUnavailable, "The device's queue is not available now. The message may be queued all the same.");

    public void OnAttached(ISinkPort port)
    {
    }

    public void OnMessage(IncomingMessage message)
    {
        if (CloudMessageReader.Read(message.Message, out var key, out var read) is { } error)
        {
            message.Reject(error);
            return;
        }

        _ = SendAsync(message, key, read);
    }

    public void OnClosed()
    {
    }

    private async Task SendAsync(IncomingMessage message, DeviceKey key, CloudMessage read)
    {
        try
        {
            var device = grains.GetGrain<IDeviceGrain>(key.ToString());
            if (await calls.CallAsync(key.ToString(), Repeat.IfNotRun, () => device.SendMessageAsync(read)) is SendMessageReply.Refused refused)
            {
                message.Reject(LinkError.From(refused.Why));
                return;
            }

            message.Accept();
        }
        catch (Exception e)
        {
            // Whoever sent it hears of it; nobody else would.
            LogNotSent(logger, key, e);
            message.Reject(LinkError.From(Unavailable));
        }
    }

    [LoggerMessage(EventId = 8210, Level = LogLevel.Warning, Message = "A message to {DeviceId} could not be queued")]
    private static partial void LogNotSent(ILogger logger, DeviceKey deviceId, Exception exception);
}
