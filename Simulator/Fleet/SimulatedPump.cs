using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using MQTTnet.Exceptions;

namespace Muster.Simulation;

/// <summary>What all pumps of a fleet share.</summary>
internal sealed record FleetContext(
    HubAddress Hub, Func<X509ChainPolicy> Trust, Registry Registry, FleetOptions Options, ConnectPace Pace, FleetCounters Counters, TimeProvider Clock);

/// <summary>One fuel pump: connects, reports, sends, obeys, breaks off, comes back.</summary>
internal sealed class SimulatedPump(string deviceId, int number, FleetContext fleet)
{
    // As Azure's SDKs do it: a token for an hour, renewed by a new connection after three quarters of it.
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(45);
    private static readonly TimeSpan RebootTime = TimeSpan.FromSeconds(5);

    private readonly Random random = new(number);
    private PumpSettings settings = new() { TelemetryInterval = fleet.Options.TelemetryInterval };
    private PumpState state = new() { PhaseSeconds = number % 97 };
    private long advancedAt = fleet.Clock.GetTimestamp();
    private string? key;
    private DeviceConnection? connection;
    private Action<TimeSpan>? rebootAfter;

    /// <summary>Lives until <paramref name="stop"/>.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        for (var failures = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                await fleet.Pace.WaitAsync(stop);
                key ??= await fleet.Registry.KeyOfAsync(deviceId, Tags(), stop);
                using var opened = await OpenAsync(key, stop);
                failures = 0;
                await LiveConnectedAsync(opened, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (IsOfTheWire(exception))
            {
                failures++;
                fleet.Counters.OnFailure(exception.Message);
            }

            if (!await PauseAsync(failures == 0 ? TimeSpan.Zero : Backoff.Delay(failures, random.NextDouble()), stop))
            {
                return;
            }
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
        using var rebooting = new CancellationTokenSource();
        rebootAfter = rebooting.CancelAfter;
        using var session = CancellationTokenSource.CreateLinkedTokenSource(stop, opened.Ended, rebooting.Token);
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
            rebootAfter = null;
            fleet.Counters.OnDisconnected();
        }

        if (opened.Ended.IsCancellationRequested)
        {
            fleet.Counters.OnDrop();
            return;
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), fleet.Clock);
        await opened.CloseAsync(patience.Token);
        if (rebooting.IsCancellationRequested)
        {
            state = PumpPhysics.PowerOff(state);
            await PauseAsync(RebootTime, stop);
        }
    }

    /// <summary>Nothing is queued for an offline device: what was desired meanwhile is in the twin.</summary>
    private async Task GreetAsync(DeviceConnection opened, CancellationToken cancellationToken)
    {
        var twin = await opened.GetTwinAsync(cancellationToken);
        (settings, var answers) = WritableProperties.Apply(settings, twin.GetProperty("desired"));
        var report = WritableProperties.Defaults(settings);
        foreach (var (name, answer) in answers)
        {
            report[name] = answer?.DeepClone();
        }

        report["firmware"] = "2.4.1";
        report["model"] = "FP-150";
        await opened.ReportAsync(Json(report), cancellationToken);
    }

    private async Task SendUntilEndAsync(DeviceConnection opened, CancellationToken cancellationToken)
    {
        // A fleet that connected together would otherwise send together for ever.
        await Task.Delay(TimeSpan.FromSeconds(settings.TelemetryInterval * random.NextDouble()), fleet.Clock, cancellationToken);
        while (true)
        {
            await opened.SendAsync(JsonSerializer.SerializeToUtf8Bytes(Measure(), JsonSerializerOptions.Web), cancellationToken);
            fleet.Counters.OnSent();
            if (random.NextDouble() < fleet.Options.DropRate)
            {
                fleet.Counters.OnDrop();
                throw new MqttCommunicationException("dropped on request (--drop-rate)");
            }

            await Task.Delay(TimeSpan.FromSeconds(settings.TelemetryInterval), fleet.Clock, cancellationToken);
        }
    }

    private PumpReading Measure()
    {
        var now = fleet.Clock.GetTimestamp();
        var seconds = fleet.Clock.GetElapsedTime(advancedAt, now).TotalSeconds;
        advancedAt = now;
        state = PumpPhysics.Advance(state, settings, Math.Min(seconds, 3600), random.NextDouble());
        return PumpPhysics.Read(state, () => (random.NextDouble() * 2) - 1);
    }

    private async Task OnMethodAsync(MethodRequest request)
    {
        fleet.Counters.OnMethod();
        var answer = PumpMethods.Invoke(request.Name, request.Payload, settings);
        settings = answer.Settings ?? settings;
        await AnswerAsync(opened => opened.AnswerAsync(request, answer.Status, Json(answer.Payload), opened.Ended));
        if (answer.RebootAfter is { } delay)
        {
            rebootAfter?.Invoke(delay);
        }
    }

    private async Task OnDesiredAsync(JsonElement desired)
    {
        fleet.Counters.OnTwinChange();
        (settings, var report) = WritableProperties.Apply(settings, desired);
        if (report.Count > 0)
        {
            await AnswerAsync(opened => opened.ReportAsync(Json(report), opened.Ended));
        }
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
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException || IsOfTheWire(exception))
        {
            fleet.Counters.OnFailure(exception.Message);
        }
    }

    private async Task<bool> PauseAsync(TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, fleet.Clock, stop);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private object Tags() => new { site = $"station-{number / 8:000}", kind = "fuel-pump", lane = number % 8 };

    private static byte[] Json(JsonObject json) => JsonSerializer.SerializeToUtf8Bytes(json);

    private static bool IsOfTheWire(Exception exception) => exception is MqttCommunicationException or MqttClientNotConnectedException
        or MqttProtocolViolationException or MQTTnet.Adapter.MqttConnectingFailedException or HttpRequestException or IOException or SocketException
        or TimeoutException or TaskCanceledException or ObjectDisposedException or JsonException or System.Security.Authentication.AuthenticationException;
}
