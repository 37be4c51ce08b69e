using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Telemetry;

namespace Muster.Events;

/// <summary>
/// Writes what befell this silo's devices to the log, many at a time, each device's in their order. What waits here when a silo dies is lost: a device's
/// state never is, but the word of its change may be. IoT Hub promises no more for these events than at-least-once of what it sent; how it fares when a part of it
/// fails was not found out.
/// </summary>
internal sealed partial class DeviceEventQueue : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly IServiceProvider services;
    private readonly DeviceEventOptions options;
    private readonly DeviceEventInstruments instruments;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Channel<DeviceEvent> waiting;
    private readonly EventRoom room;
    private bool hasLog;
    private Task running = Task.CompletedTask;

    public DeviceEventQueue(
        IServiceProvider services, IOptions<DeviceEventOptions> options, DeviceEventInstruments instruments, TimeProvider clock, ILogger<DeviceEventQueue> logger)
    {
        (this.services, this.options, this.instruments, this.clock, this.logger) = (services, options.Value, instruments, clock, logger);
        waiting = Channel.CreateBounded<DeviceEvent>(new BoundedChannelOptions(this.options.MaxWaiting) { SingleReader = true });
        room = new EventRoom(this.options.MaxWaitingBytes);
    }

    /// <summary>Whether anybody is to be told of such events.</summary>
    internal bool Wants(EventSource source) => hasLog && source switch
    {
        EventSource.TwinChange => options.TwinChanges,
        EventSource.DeviceLifecycle => options.Lifecycle,
        EventSource.DeviceConnectionState => options.ConnectionState,
        _ => false,
    };

    /// <summary>Completes once there was room for all; they are written in this order.</summary>
    internal async ValueTask PutAsync(List<DeviceEvent> events)
    {
        foreach (var one in events)
        {
            await room.TakeAsync(one.Weight);
            if (waiting.Writer.TryWrite(one))
            {
                continue;
            }

            try
            {
                await waiting.Writer.WriteAsync(one);
            }
            catch (ChannelClosedException)
            {
                // The silo stops, and the log is about to be closed.
                room.Give(one.Weight);
                Drop([one]);
            }
        }
    }

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(DeviceEventQueue), ServiceLifecycleStage.RuntimeInitialize, _ => StartAsync(), _ => StopAsync());

    /// <summary>Without a log in the silo, nobody is to be told of anything.</summary>
    internal Task StartAsync()
    {
        if (services.GetService<IEventLog>() is { } log)
        {
            hasLog = true;
            running = Task.Run(() => RunAsync(new DeviceEventWriter(log, options.HubName, clock)));
        }

        return Task.CompletedTask;
    }

    /// <summary>Completes once all that waits is written, or given up.</summary>
    internal Task StopAsync()
    {
        waiting.Writer.TryComplete();
        room.End();
        return running;
    }

    private async Task RunAsync(DeviceEventWriter writer)
    {
        var round = new List<DeviceEvent>(DeviceEventWriter.MaxRound);
        while (await waiting.Reader.WaitToReadAsync())
        {
            var bytes = 0L;
            while (round.Count < DeviceEventWriter.MaxRound && bytes < DeviceEventWriter.MaxRoundBytes && waiting.Reader.TryRead(out var one))
            {
                round.Add(one);
                bytes += one.Weight;
            }

            try
            {
                await writer.WriteAsync(round);
                instruments.Written(round.Count);
                round.ForEach(static one => one.End());
            }
            catch (Exception e)
            {
                LogLost(e, round.Count);
                Drop(round);
            }

            round.Clear();
            room.Give(bytes);
        }
    }

    private void Drop(List<DeviceEvent> events)
    {
        instruments.Lost(events.Count);
        events.ForEach(static one => one.End());
    }

    [LoggerMessage(EventId = 6020, Level = LogLevel.Error, Message = "{Count} events of twins, registrations and connections could not be written, and are lost")]
    private partial void LogLost(Exception exception, int count);
}
