using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Muster.Benchmarks.Load;

/// <summary>What a load process did in one window.</summary>
/// <param name="Count">Acknowledged operations.</param>
/// <param name="Seconds">How long the window was.</param>
/// <param name="CpuSeconds">Processor time of the load process in the window.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="Total">Acknowledged since the start, warm-up included.</param>
/// <param name="Failed">Operations that were answered with an error, or not at all.</param>
internal sealed record LoadReport(long Count, double Seconds, double CpuSeconds, double P50, double P99, long Total = 0, long Failed = 0)
{
    /// <summary>The longest, in milliseconds.</summary>
    public double Max { get; init; }

    /// <summary>Events that came twice, or not right behind the one that their device had sent before.</summary>
    public long Reordered { get; init; }

    internal double Rate => Count / Seconds;
}

/// <summary>What to do, as the child process is told it.</summary>
/// <param name="Kind">Which load: see <see cref="LoadProcess.RunAsync"/>.</param>
/// <param name="HubHost">The hub's name, or null for a broker.</param>
internal sealed record LoadOrder(string Kind, string Address, int Port, string? HubHost, string Prefix, int Connections, int InFlight, double Seconds)
{
    /// <summary>A back office's shared access signature.</summary>
    public string? Token { get; init; }

    /// <summary>The owner level of event receivers; null for none.</summary>
    public long? Epoch { get; init; }

    /// <summary>Events a second, for a load that does not wait for answers.</summary>
    public double Rate { get; init; }
}

/// <summary>
/// A load generator in a process of its own. It connects, says <c>ready</c>, waits for <c>go</c>, runs, and prints its report; a
/// <c>methods</c> process answers until its standard input ends.
/// </summary>
internal sealed class LoadProcess : IDisposable
{
    private readonly Process process;

    private LoadProcess(Process process) => this.process = process;

    internal static async Task<LoadProcess> StartAsync(LoadOrder order)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["--load", JsonSerializer.Serialize(order)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            // One thread does the work: a small heap, and no second core for the collector.
            Environment = { ["DOTNET_gcServer"] = "0", ["DOTNET_TieredPGO"] = "1", ["DOTNET_TieredCompilation"] = "1" },
        };
        var load = new LoadProcess(Process.Start(start) ?? throw new InvalidOperationException("The load process did not start."));
        var ready = await load.process.StandardOutput.ReadLineAsync();
        return ready == "ready" ? load : throw new InvalidOperationException($"The load process could not connect: {ready}");
    }

    /// <summary>Starts the window.</summary>
    internal Task GoAsync() => TellAsync("go");

    internal Task TellAsync(string line) => process.StandardInput.WriteLineAsync(line);

    /// <summary>Ends a <c>methods</c> process, which answers until it is told.</summary>
    internal void Stop() => process.StandardInput.Close();

    internal async Task<LoadReport> ReportAsync()
    {
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The load process ended without a report.");
        return JsonSerializer.Deserialize<LoadReport>(line)!;
    }

    public void Dispose()
    {
        if (!process.HasExited) { process.Kill(); }
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>The child's side.</summary>
    internal static async Task<int> RunAsync(string[] args)
    {
        var order = JsonSerializer.Deserialize<LoadOrder>(args[0])!;
        var clients = new Clients(order.HubHost, order.Prefix, TimeProvider.System.GetUtcNow().AddHours(1));
        var endPoint = new IPEndPoint(IPAddress.Parse(order.Address), order.Port);
        try
        {
            LoadReport report = order.Kind switch
            {
                "telemetry" => Telemetry(order, clients, endPoint),
                "twin" => Twin(order, clients, endPoint),
                "methods" => Methods(order, clients, endPoint),
                "messages" => Messages(order, clients, endPoint),
                "office" => await MessageOffice.RunAsync(order),
                "events" => PacedEvents.Run(order, clients, endPoint),
                "events-tail" => await EventTail.RunAsync(order),
                "events-drain" => await EventDrain.RunAsync(order),
                "broker" => Broker(order, clients, endPoint),
                "idle" => await TlsLoad.IdleAsync(order, clients, endPoint),
                "connects" => await TlsLoad.ConnectsAsync(order, clients, endPoint, mqtt: true),
                "handshakes" => await TlsLoad.ConnectsAsync(order, clients, endPoint, mqtt: false),
                _ => throw new ArgumentException($"There is no load '{order.Kind}'."),
            };
            Console.WriteLine(JsonSerializer.Serialize(report));
            return 0;
        }
        catch (IOException e)
        {
            Console.WriteLine(e.Message);
            return 1;
        }
    }

    private static LoadReport Telemetry(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var scenario = new TelemetryScenario(clients, order.InFlight, payloadBytes: 200);
        using var loop = new LoadLoop(endPoint, order.Connections, scenario);
        var (count, seconds, cpu) = Window(loop, order.Seconds, () => scenario.Acknowledged);
        return new LoadReport(count, seconds, cpu, scenario.Latencies.Milliseconds(0.5), scenario.Latencies.Milliseconds(0.99));
    }

    private static LoadReport Twin(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var scenario = new TwinScenario(clients);
        using var loop = new LoadLoop(endPoint, order.Connections, scenario);
        var (count, seconds, cpu) = Window(loop, order.Seconds, () => scenario.Acknowledged);
        return new LoadReport(count, seconds, cpu, scenario.Latencies.Milliseconds(0.5), scenario.Latencies.Milliseconds(0.99), scenario.Acknowledged, scenario.Failed);
    }

    private static LoadReport Methods(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var scenario = new MethodDevicesScenario(clients);
        using var loop = new LoadLoop(endPoint, order.Connections, scenario);
        return AnswerUntilTold(loop, () => scenario.Answered);
    }

    private static LoadReport Messages(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var scenario = new MessageDevicesScenario(clients);
        using var loop = new LoadLoop(endPoint, order.Connections, scenario);
        return AnswerUntilTold(loop, () => scenario.Acknowledged);
    }

    private static LoadReport AnswerUntilTold(LoadLoop loop, Func<long> count)
    {
        var ended = false;
        loop.Connect();
        Console.WriteLine("ready");
        var waiting = new Thread(() =>
        {
            while (Console.ReadLine() is not null) { }
            Volatile.Write(ref ended, true);
        });
        waiting.Start();
        var began = Stopwatch.GetTimestamp();
        loop.Run(long.MaxValue, () => Volatile.Read(ref ended));
        return new LoadReport(count(), Stopwatch.GetElapsedTime(began).TotalSeconds, Cpu(), 0, 0);
    }

    private static LoadReport Broker(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var scenario = new BrokerRequestScenario(clients, order.Connections, order.InFlight);
        using var loop = new LoadLoop(endPoint, order.Connections + 1, scenario);
        scenario.Flush = loop.Flush;
        var (count, seconds, cpu) = Window(loop, order.Seconds, () => scenario.Answered);
        return new LoadReport(count, seconds, cpu, 0, 0);
    }

    private static (long Count, double Seconds, double Cpu) Window(LoadLoop loop, double seconds, Func<long> count)
    {
        loop.Connect();
        Console.WriteLine("ready");
        Console.ReadLine();
        loop.Start();
        // A quarter of the window warms both sides up and is not counted.
        loop.Run(Stopwatch.GetTimestamp() + (long)(seconds / 4 * Stopwatch.Frequency));
        var (began, first, cpu) = (Stopwatch.GetTimestamp(), count(), Cpu());
        loop.Run(began + (long)(seconds * Stopwatch.Frequency));
        return (count() - first, Stopwatch.GetElapsedTime(began).TotalSeconds, Cpu() - cpu);
    }

    internal static double Cpu() => Environment.CpuUsage.TotalTime.TotalSeconds;
}
