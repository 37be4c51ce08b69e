using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Muster.Benchmarks.Peers;

/// <summary>mosquitto without persistence, queues unlimited, on a port of its own: the peer of the wire figures.</summary>
internal sealed class Mosquitto : IDisposable
{
    private readonly Process process;
    private readonly string configuration;

    private Mosquitto(Process process, string configuration, IPEndPoint endPoint)
    {
        this.process = process;
        this.configuration = configuration;
        EndPoint = endPoint;
    }

    internal IPEndPoint EndPoint { get; }

    internal static async Task<Mosquitto> StartAsync(string folder, IPAddress address, int port)
    {
        var configuration = Path.Combine(folder, $"mosquitto-{port}.conf");
        await File.WriteAllTextAsync(configuration, $"""
            listener {port} {address}
            allow_anonymous true
            persistence false
            max_inflight_messages 0
            max_queued_messages 0
            set_tcp_nodelay true
            log_dest none
            """);
        var start = new ProcessStartInfo(Find()) { ArgumentList = { "-c", configuration } };
        var mosquitto = new Mosquitto(
            Process.Start(start) ?? throw new InvalidOperationException("mosquitto did not start"), configuration, new IPEndPoint(address, port));
        await mosquitto.UntilItListensAsync();
        return mosquitto;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        File.Delete(configuration);
    }

    private static string Find() =>
        new[] { "/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto" }.FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("mosquitto is not installed: run ./bench, which installs it, or apt-get install mosquitto");

    private async Task UntilItListensAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(EndPoint);
                return;
            }
            catch (SocketException) when (attempt < 100 && !process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
