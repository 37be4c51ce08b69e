namespace Muster.Survival;

/// <summary>The devices, and what the service side does with them meanwhile.</summary>
internal sealed class FleetLoad : IAsyncDisposable
{
    private const int Changers = 4;
    private const int Callers = 4;
    private const int ConnectingAtOnce = 200;
    private readonly CancellationTokenSource stop;
    private readonly HubApi api;
    private readonly List<Task> running = [];
    private readonly double serviceRate;
    private int changing;

    internal FleetLoad(HubTarget hub, SurviveOptions options, Faults faults, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Three of four operations are the devices' own.
        serviceRate = options.Rate / 4;
        var pace = TimeSpan.FromSeconds(options.Devices / (options.Rate * 3 / 4));
        Context = new FleetContext(hub, new WireCounters(), new LoadCounters(), new LoadGate(), faults, pace);
        Devices = [.. Enumerable.Range(0, options.Devices).Select(number => new FleetDevice(DeviceIdentity.Of(number), Context))];
        api = new HubApi(hub, TimeSpan.FromSeconds(15));
        Probes = new ProbeLoop(hub, Devices, faults);
    }

    internal FleetContext Context { get; }

    internal IReadOnlyList<FleetDevice> Devices { get; }

    internal ProbeLoop Probes { get; }

    /// <summary>Registers the devices, learns what stands, and has all of them connect.</summary>
    internal async Task StartAsync()
    {
        await new Registration(api, Devices).RunAsync(stop.Token);
        foreach (var some in Devices.Chunk(ConnectingAtOnce))
        {
            running.AddRange(some.Select(device => device.RunAsync(stop.Token)));
            await Patience.UntilAsync(
                $"devices up to {some[^1].Who.Id} to connect", TimeSpan.FromSeconds(60),
                () => Patience.Missing(some.Count(device => !device.IsConnected), "are not connected"), stop.Token);
        }

        running.AddRange(Enumerable.Range(0, Changers).Select(number => ServeAsync(ChangeAsync, number)));
        running.AddRange(Enumerable.Range(0, Callers).Select(number => ServeAsync(CallAsync, Changers + number)));
        running.Add(Probes.RunAsync(stop.Token));
    }

    /// <summary>Closes the gate and waits until nothing is under way any more, each device connected and answered.</summary>
    internal async Task PauseAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Context.Gate.Close();
        await Patience.UntilAsync("the fleet to be quiet", patience, () => Busy(), cancellationToken);
    }

    /// <summary>
    /// Has two of three devices connect again while the gate is closed: the balancer gives them to whoever has the fewest, so that a silo that
    /// came back empty has its share when the next round strikes.
    /// </summary>
    internal async Task SpreadAsync(Random random, TimeSpan patience, CancellationToken cancellationToken)
    {
        foreach (var device in Devices)
        {
            if (random.Next(3) > 0)
            {
                device.Leave();
            }
        }

        await PauseAsync(patience, cancellationToken);
    }

    internal void Resume() => Context.Gate.Open();

    internal void ResetFigures()
    {
        Context.Wire.Reset();
        Context.Load.Reset();
        Probes.Reset();
        foreach (var device in Devices)
        {
            device.Outage.Reset();
        }
    }

    /// <summary>Calls a method and judges the answer; false if there was none.</summary>
    internal async Task<bool> CallAsync(FleetDevice device, string word, CancellationToken cancellationToken)
    {
        var answer = await api.InvokeAsync(device.Who.Id, "who", word, cancellationToken);
        if (answer.IsOk)
        {
            var payload = answer.Json.GetProperty("payload");
            if (payload.GetProperty("device").GetString() != device.Who.Id || payload.GetProperty("said").GetString() != word)
            {
                Context.Faults.Add($"{device.Who.Id}: the method that said {word} was answered {answer.Text}");
            }

            Interlocked.Increment(ref Context.Load.Methods);
            return true;
        }

        Interlocked.Increment(ref Context.Load.MethodsUnanswered);
        // 404103: the device is not online, as far as the hub knows.
        if (!answer.IsUnknown && !answer.Text.Contains("404103", StringComparison.Ordinal))
        {
            Context.Faults.Add($"{device.Who.Id}: a method was answered {answer}");
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Context.Gate.Open();
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Probes.Dispose();
        api.Dispose();
        stop.Dispose();
    }

    private string? Busy()
    {
        var loud = Devices.Where(device => !device.IsQuiet).ToList();
        return loud.Count == 0 && Volatile.Read(ref changing) == 0 ? null
            : $"{loud.Count} devices ({string.Join(", ", loud.Take(5).Select(one => one.Who.Id + (one.IsConnected ? "" : " not connected")))}), {changing} service calls";
    }

    private async Task ServeAsync(Func<FleetDevice, Random, Task> step, int number)
    {
        var random = new Random(100_000 + number);
        var pause = TimeSpan.FromSeconds((Changers + Callers) / serviceRate);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Context.Gate.UntilOpenAsync(stop.Token);
                await Task.Delay(pause * (0.5 + random.NextDouble()), stop.Token);
                Interlocked.Increment(ref changing);
                if (!Context.Gate.IsClosed)
                {
                    await step(Devices[random.Next(Devices.Count)], random);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            Interlocked.Decrement(ref changing);
        }
    }

    private async Task CallAsync(FleetDevice device, Random random) => await CallAsync(device, $"w{random.Next()}", stop.Token);

    private async Task ChangeAsync(FleetDevice device, Random random)
    {
        // One writer for each journal.
        if (Interlocked.Exchange(ref device.Changing, 1) == 1)
        {
            return;
        }

        var counter = device.Desired.Begin();
        var answer = await api.PatchDesiredAsync(device.Who.Id, new { counter }, stop.Token);
        if (answer.IsOk)
        {
            var desired = answer.Json.GetProperty("properties").GetProperty("desired");
            device.Desired.Acknowledge(counter, desired.GetProperty("$version").GetInt64());
            Interlocked.Increment(ref Context.Load.Changes);
        }
        else
        {
            device.Desired.Unknown(counter, answer.ToString());
            Interlocked.Increment(ref Context.Load.Unanswered);
            if (!answer.IsUnknown)
            {
                Context.Faults.Add($"{device.Who.Id}: a change of desired properties was answered {answer}");
            }
        }

        Volatile.Write(ref device.Changing, 0);
    }
}
