using System.Buffers;
using Microsoft.Extensions.Logging;
using Muster.Devices;
using Muster.Sessions;

namespace Muster.Mqtt;

/// <summary>How a session ends, whatever ended it.</summary>
internal sealed partial class DeviceSession
{
    private async Task EndAsync()
    {
        services.Table.BeginEnd(this);
        services.Wheel.Schedule(this, FarewellTime);
        Volatile.Read(ref methods)?.Close();
        var why = (SessionEnd)Volatile.Read(ref end);
        SendWill(why);
        try
        {
            await acks.WaitForIdleAsync().WaitAsync(services.Options.StopTimeout, services.Clock);
        }
        catch (TimeoutException)
        {
            LogUnfinished(services.Logger, key);
        }

        await outbox.CloseAsync();
        services.Wheel.Cancel(this);
        services.Instruments.Ended(why);
        LogEnded(services.Logger, key, why);
        _ = DetachAsync();
    }

    // MQTT 3.1.1 section 3.1.2.5: whenever the connection ends without DISCONNECT; not for our own stop, which is no failure of the device.
    private void SendWill(SessionEnd why)
    {
        if (will is not { } message || why is SessionEnd.Disconnected or SessionEnd.SiloStopping or SessionEnd.Deleted)
        {
            return;
        }

        var bag = Topics.Read(message.Topic, telemetryPrefix).Bag;
        var marks = MessageMarks.Will | (message.Retain ? MessageMarks.Retain : MessageMarks.None);
        if (AddTelemetry(bag, marks, new ReadOnlySequence<byte>(message.Payload)) == MqttFault.None)
        {
            SubmitBatch();
        }
    }

    private async Task DetachAsync()
    {
        try
        {
            await SessionFarewell.TellAsync(device, reference!, services.Clock, services.Logger);
        }
        finally
        {
            services.Table.Ended();
        }
    }

    [LoggerMessage(EventId = 8001, Level = LogLevel.Debug, Message = "Session of {DeviceId} ended: {Reason}")]
    private static partial void LogEnded(ILogger logger, DeviceKey deviceId, SessionEnd reason);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Information, Message = "Device {DeviceId} broke the protocol: {Fault}")]
    private static partial void LogFault(ILogger logger, DeviceKey deviceId, MqttFault fault);

    [LoggerMessage(EventId = 8003, Level = LogLevel.Warning, Message = "Subscriptions of {DeviceId} could not be stored")]
    private static partial void LogSubscriptionsLost(ILogger logger, DeviceKey deviceId, Exception exception);

    [LoggerMessage(EventId = 8005, Level = LogLevel.Warning, Message = "Session of {DeviceId} ended with work in flight")]
    private static partial void LogUnfinished(ILogger logger, DeviceKey deviceId);
}
