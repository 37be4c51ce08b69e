using System.Net.Sockets;
using MQTTnet.Exceptions;

namespace Muster.Simulation.Load;

/// <summary>One run: register, connect, warm up, measure.</summary>
internal sealed class LoadRun(LoadOptions options, ILoadTarget target, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim inFlight = new(options.InFlight);

    internal async Task<LoadResult> RunAsync(Action<string> say, CancellationToken stop)
    {
        say($"registering {options.Devices} devices");
        await target.RegisterAsync(stop);
        var connects = target.Has(LoadKind.Connect) ? await ConnectAsync(say, stop) : null;
        if (options.Rates.Count == 0 || options.Duration == TimeSpan.Zero)
        {
            return new LoadResult(connects, [], TimeSpan.Zero);
        }

        say($"warming up for {options.WarmUp.TotalSeconds:0.#} s");
        await OfferAsync(options.WarmUp, stop);
        say($"measuring for {options.Duration.TotalSeconds:0.#} s");
        var started = clock.GetTimestamp();
        var figures = await OfferAsync(options.Duration, stop);
        return new LoadResult(connects, figures, clock.GetElapsedTime(started));
    }

    internal static bool IsOfTheWire(Exception exception) => exception is LoadFailedException or TimeoutException or IOException
        or SocketException or HttpRequestException or MqttCommunicationException or MqttClientNotConnectedException or ObjectDisposedException
        or MQTTnet.Adapter.MqttConnectingFailedException or System.Security.Authentication.AuthenticationException or Orleans.Runtime.OrleansException;

    public void Dispose() => inFlight.Dispose();

    private async Task<ConnectFigures> ConnectAsync(Action<string> say, CancellationToken stop)
    {
        say(options.ConnectRate > 0 ? $"connecting {options.ConnectRate:0.#} a second" : $"connecting, {options.ConnectsAtOnce} at once");
        var recorder = new KindRecorder(LoadKind.Connect, clock);
        var started = clock.GetTimestamp();
        var schedule = options.ConnectRate > 0 ? new ArrivalSchedule(options.ConnectRate, started, clock) : null;
        using var atOnce = new SemaphoreSlim(options.ConnectsAtOnce);
        var running = new List<Task>(options.Devices);
        for (var device = 0; device < options.Devices; device++)
        {
            var due = schedule is null ? 0 : await NextAsync(schedule, stop);
            recorder.OnOffered();
            await atOnce.WaitAsync(stop);

            // In a storm there is no rate to fall behind: a connect counts from when it was begun.
            running.Add(RunAsync(LoadKind.Connect, device, schedule is null ? clock.GetTimestamp() : due, recorder, atOnce, stop));
        }

        await Task.WhenAll(running);
        return new ConnectFigures(recorder.Read(), clock.GetElapsedTime(started));
    }

    private async Task<long> NextAsync(ArrivalSchedule schedule, CancellationToken stop)
    {
        long due;
        while (!schedule.TryTake(clock.GetTimestamp(), out due))
        {
            await Task.Delay(Tick, clock, stop);
        }

        return due;
    }

    private async Task<IReadOnlyList<KindFigures>> OfferAsync(TimeSpan duration, CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var kinds = options.Rates.Select(rate => (rate.Key, Recorder: new KindRecorder(rate.Key, clock), rate.Value)).ToList();
        var offering = kinds.Select(kind => OfferAsync(kind.Key, new ArrivalSchedule(kind.Value, clock.GetTimestamp(), clock), kind.Recorder, (duration, late.Token)));
        await Task.WhenAll(offering);
        late.CancelAfter(LastAnswers);
        for (var i = 0; i < options.InFlight; i++)
        {
            await inFlight.WaitAsync(stop);
        }

        inFlight.Release(options.InFlight);
        return [.. kinds.Select(kind => kind.Recorder.Read())];
    }

    private async Task OfferAsync(LoadKind kind, ArrivalSchedule schedule, KindRecorder recorder, (TimeSpan Duration, CancellationToken Late) until)
    {
        // Kinds take the devices in different orders, so that their operations do not meet on the same device all the time.
        var device = (int)kind * 7919 % options.Devices;
        while (true)
        {
            var now = clock.GetTimestamp();
            while (schedule.TryTake(now, out var due))
            {
                if (clock.GetElapsedTime(schedule.Start, due) >= until.Duration)
                {
                    return;
                }

                recorder.OnOffered();
                await inFlight.WaitAsync(until.Late);
                _ = RunAsync(kind, device, due, recorder, inFlight, until.Late);
                device = (device + 1) % options.Devices;
            }

            await Task.Delay(Tick, clock, until.Late);
        }
    }

    private async Task RunAsync(LoadKind kind, int device, long due, KindRecorder recorder, SemaphoreSlim slot, CancellationToken cancellationToken)
    {
        // The loop that offers must not be held by what an operation does before its first wait.
        await Task.Yield();
        try
        {
            await target.RunAsync(kind, device, cancellationToken);
            recorder.OnDone(due);
        }
        catch (Exception exception) when (exception is OperationCanceledException || IsOfTheWire(exception))
        {
            recorder.OnFailed(exception is LoadFailedException ? exception.Message : exception.GetType().Name);
        }
        finally
        {
            slot.Release();
        }
    }
}

/// <summary>How the fleet connected; a storm's rate is in its duration.</summary>
internal sealed record ConnectFigures(KindFigures Figures, TimeSpan Took);

/// <param name="Connects">Null where nothing connects.</param>
/// <param name="Kinds">Without connects.</param>
/// <param name="Took">From the first operation that counts to the last answer.</param>
internal sealed record LoadResult(ConnectFigures? Connects, IReadOnlyList<KindFigures> Kinds, TimeSpan Took);
