using System.Diagnostics;
using System.Text.Json;
using Muster.Local;

namespace Muster.Benchmarks.Scale.Servers;

/// <summary>What <c>./cluster up</c> starts: PostgreSQL, silos and the balancer before them, in a process that ends with this one.</summary>
internal sealed class LocalTopology : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    private readonly Process supervisor;
    private readonly string folder;

    private LocalTopology(Process supervisor, string folder) => (this.supervisor, this.folder) = (supervisor, folder);

    internal static string Address => "127.0.120.201";

    internal const int MqttPort = 8883;

    internal string Secrets => Path.Combine(folder, "secrets");

    internal string ConnectionFile => Path.Combine(folder, "connection.json");

    internal static async Task<LocalTopology> StartAsync(string folder, int silos)
    {
        var output = new List<string>();
        var start = new ProcessStartInfo("dotnet", [Binary, "up", "--silos", $"{silos}", "--gateways", "0", "--data", folder, "--bind", Address, "--no-restart"])
        {
            WorkingDirectory = folder,
        };
        var supervisor = await Children.StartAsync(start, "TERM");
        supervisor.OutputDataReceived += (_, line) => { lock (output) { output.Add(line.Data ?? ""); } };
        supervisor.ErrorDataReceived += (_, line) => { lock (output) { output.Add(line.Data ?? ""); } };
        supervisor.BeginOutputReadLine();
        supervisor.BeginErrorReadLine();
        var topology = new LocalTopology(supervisor, folder);
        for (var began = Stopwatch.GetTimestamp(); !File.Exists(topology.ConnectionFile); await Task.Delay(200))
        {
            if (supervisor.HasExited || Stopwatch.GetElapsedTime(began) > StartPatience)
            {
                await topology.DisposeAsync();
                lock (output) { throw new InvalidOperationException($"The cluster did not start: {string.Join('\n', output.TakeLast(20))}"); }
            }
        }

        return topology;
    }

    internal void Kill(string node) => Signal.Send(Pids()[node], Signal.Kill);

    /// <summary>The processes that run, by the names of their nodes.</summary>
    internal IReadOnlyDictionary<string, int> Pids()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cluster.json")));
        return file.RootElement.GetProperty("nodes").EnumerateArray().Where(node => node.GetProperty("pid").ValueKind == JsonValueKind.Number)
            .ToDictionary(node => node.GetProperty("name").GetString()!, node => node.GetProperty("pid").GetInt32());
    }

    public async ValueTask DisposeAsync()
    {
        if (!supervisor.HasExited) { Signal.Send(supervisor.Id, Signal.Terminate); }
        try { await supervisor.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)); }
        catch (TimeoutException) { Signal.Send(supervisor.Id, Signal.Kill); }
        supervisor.Dispose();
    }

    private static string Binary
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "LocalCluster", own.Name, "Muster.LocalCluster.dll");
        }
    }
}
