using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Muster.Local;

namespace Muster.Benchmarks.Scale.Servers;

/// <summary>A silo of the product's own binary, in a process that ends with this one.</summary>
internal sealed class SiloNode : IAsyncDisposable
{
    internal const int HttpsPort = 8443;
    internal const int GatewayPort = 30000;
    private const int Stop = 19;
    private const int Continue = 18;
    private const int LogLines = 40;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(1);
    private readonly Queue<string> log = new();
    private readonly Process process;

    private SiloNode(string name, string address, Process process)
    {
        (Name, Address, this.process) = (name, address, process);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal string Name { get; }

    internal string Address { get; }

    internal int Pid => process.Id;

    internal bool HasExited => process.HasExited;

    /// <summary>The last lines that it wrote.</summary>
    internal string Log
    {
        get { lock (log) { return string.Join('\n', log); } }
    }

    internal static async Task<SiloNode> StartAsync(string name, string address, string folder, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Binary]) { WorkingDirectory = folder };
        foreach (var (key, value) in settings) { start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value; }
        return new SiloNode(name, address, await Children.StartAsync(start, "KILL"));
    }

    /// <summary>Waits until its gateway can be reached.</summary>
    internal async Task ReadyAsync()
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(Address), GatewayPort);
                return;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(began) < StartPatience)
            {
                await Task.Delay(50);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"{Name} did not start: {Log}");
            }
        }
    }

    internal void Kill() => Signal.Send(Pid, Signal.Kill);

    internal void Freeze() => Signal.Send(Pid, Stop);

    internal void Thaw() => Signal.Send(Pid, Continue);

    internal async Task EndedAsync(TimeSpan patience)
    {
        try { await process.WaitForExitAsync().WaitAsync(patience); }
        catch (TimeoutException) { Kill(); }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Thaw();
            Kill();
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static string Binary
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(folder.Parent!.Parent!.FullName, "Silo", folder.Name, "Muster.Silo.dll");
        }
    }

    private void Keep(string? line)
    {
        if (line is null) { return; }
        lock (log)
        {
            if (log.Count == LogLines) { log.Dequeue(); }
            log.Enqueue(line);
        }
    }
}
