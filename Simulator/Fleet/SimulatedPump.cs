using System.Text.Json;
using System.Text.Json.Nodes;
using MQTTnet.Exceptions;
using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>One fuel pump: connects, reports, sends, obeys, updates, breaks off, comes back.</summary>
internal sealed class SimulatedPump
{
    // As Azure's SDKs do it: a token for an hour, renewed by a new connection after three quarters of it.
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(45);
    private static readonly TimeSpan RebootTime = TimeSpan.FromSeconds(5);

    private readonly string deviceId;
    private readonly int number;
    private readonly FleetContext fleet;
    private readonly Random random;
    private readonly PumpPower power = new();
    private readonly UpdateRunner updates;
    private readonly Pump pump;
    private string? key;
    private DeviceConnection? connection;

    internal SimulatedPump(string deviceId, int number, FleetContext fleet)
    {
        (this.deviceId, this.number, this.fleet, random) = (deviceId, number, fleet, new(number));
        updates = new(number, fleet.Updates, power);
        var options = fleet.Updates.Options;
        var settings = new PumpSettings { TelemetryInterval = fleet.Options.TelemetryInterval, UpdateFault = options.Faults.Of(options.Seed, number) };
        pump = new(settings, number, fleet.Clock);
    }

    /// <summary>Lives until <paramref name="stop"/>.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        for (var failures = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                await Task.Delay(failures == 0 ? TimeSpan.Zero : Backoff.Delay(failures, random.NextDouble()), fleet.Clock, stop);
                await RestartIfAskedAsync(stop);
                await fleet.Pace.WaitAsync(stop);
                key ??= await fleet.Registry.KeyOfAsync(deviceId, fleet.TagsOf(number), stop);
                using var opened = await OpenAsync(key, stop);
                failures = 0;
                await LiveConnectedAsync(opened, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (WireFailure.Is(exception))
            {
                failures++;
                fleet.Counters.OnFailure(exception.Message);
            }
        }
    }

    private async Task RestartIfAskedAsync(CancellationToken stop)
    {
        if (power.Take() is { } offFor)
        {
            pump.PowerOff();
            await Task.Delay(offFor, fleet.Clock, stop);
            updates.Feed(new AgentEvent.Booted());
        }
    }

    private async Task<DeviceConnection> OpenAsync(string deviceKey, CancellationToken stop)
    {
        var token = SasToken.Create($"{fleet.Hub.HostName}/devices/{deviceId}", deviceKey, fleet.Clock.GetUtcNow() + TokenLifetime);
        return connection = await DeviceConnection.OpenAsync(fleet.Hub, fleet.Trust, deviceId, token, OnMethodAsync, OnDesiredAsync, stop);
    }

    private async Task LiveConnectedAsync(DeviceConnection opened, CancellationToken stop)
    {
        fleet.Counters.OnConnected();
        using var goingOff = new CancellationTokenSource();
        power.Attach(goingOff);
        using var session = CancellationTokenSource.CreateLinkedTokenSource(stop, opened.Ended, goingOff.Token);
        session.CancelAfter(RenewAfter * (0.8 + (0.2 * random.NextDouble())));
        try
        {
            await GreetAsync(opened, session.Token);
            await SendUntilEndAsync(opened, session.Token);
        }
        catch (OperationCanceledException) when (session.IsCancellationRequested)
        {
        }
        finally
        {
            power.Detach();
            updates.Detach();
            fleet.Counters.OnDisconnected();
        }

        if (opened.Ended.IsCancellationRequested)
        {
            fleet.Counters.OnDrop();
            return;
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), fleet.Clock);
        await opened.CloseAsync(patience.Token);
    }

    /// <summary>Nothing is queued for an offline device: what was desired meanwhile is in the twin.</summary>
    private async Task GreetAsync(DeviceConnection opened, CancellationToken cancellationToken)
    {
        var twin = await opened.GetTwinAsync(cancellationToken);
        var answers = Obey(twin.GetProperty("desired"));
        var report = WritableProperties.Defaults(pump.Settings);
        foreach (var (name, answer) in answers)
        {
            report[name] = answer?.DeepClone();
        }

        await updates.LearnAsync(opened, twin, cancellationToken);
        updates.Describe(report);
        await opened.ReportAsync(Json(report), cancellationToken);
        updates.Attach(opened);
    }

    private async Task SendUntilEndAsync(DeviceConnection opened, CancellationToken cancellationToken)
    {
        // A fleet that connected together would otherwise send together for ever.
        await Task.Delay(TimeSpan.FromSeconds(pump.Settings.TelemetryInterval * random.NextDouble()), fleet.Clock, cancellationToken);
        while (true)
        {
            await opened.SendAsync(JsonSerializer.SerializeToUtf8Bytes(pump.Measure(updates.IsUnhealthy), JsonSerializerOptions.Web), cancellationToken);
            fleet.Counters.OnSent();
            if (random.NextDouble() < fleet.Options.DropRate)
            {
                fleet.Counters.OnDrop();
                throw new MqttCommunicationException("dropped on request (--drop-rate)");
            }

            await Task.Delay(TimeSpan.FromSeconds(pump.Settings.TelemetryInterval), fleet.Clock, cancellationToken);
        }
    }

    private async Task OnMethodAsync(MethodRequest request)
    {
        fleet.Counters.OnMethod();
        var answer = PumpMethods.Invoke(request.Name, request.Payload, pump.Settings);
        pump.Settings = answer.Settings ?? pump.Settings;
        await AnswerAsync(opened => opened.AnswerAsync(request, answer.Status, Json(answer.Payload), opened.Ended));
        if (answer.RebootAfter is { } delay)
        {
            power.GoOff(delay, RebootTime);
        }
    }

    private async Task OnDesiredAsync(JsonElement desired)
    {
        fleet.Counters.OnTwinChange();
        var report = Obey(desired);
        updates.OnDesired(desired);
        await (report.Count == 0 ? Task.CompletedTask : AnswerAsync(opened => opened.ReportAsync(Json(report), opened.Ended)));
    }

    /// <summary>Does what the desired properties say; the answer to report.</summary>
    private JsonObject Obey(JsonElement desired)
    {
        var before = pump.Settings.UpdateFault;
        (pump.Settings, var report) = WritableProperties.Apply(pump.Settings, desired);
        if (pump.Settings.UpdateFault != before)
        {
            updates.Feed(new AgentEvent.FaultChosen(pump.Settings.UpdateFault));
        }

        return report;
    }

    /// <summary>At once, or seconds later if that is the fault that was asked for.</summary>
    private async Task AnswerAsync(Func<DeviceConnection, Task> answer)
    {
        if (connection is not { } opened)
        {
            return;
        }

        try
        {
            if (random.NextDouble() < fleet.Options.SlowRate)
            {
                await Task.Delay(TimeSpan.FromSeconds(3 + (5 * random.NextDouble())), fleet.Clock, opened.Ended);
            }

            await answer(opened);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException || WireFailure.Is(exception))
        {
            fleet.Counters.OnFailure(exception.Message);
        }
    }

    private static byte[] Json(JsonObject json) => JsonSerializer.SerializeToUtf8Bytes(json);
}
