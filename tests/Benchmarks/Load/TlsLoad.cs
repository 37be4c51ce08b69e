using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Muster.Benchmarks.Load;

/// <summary>TLS clients: connections that are held idle, or made and closed as fast as they go. .NET's own TLS, since the hub's peer pays for it too.</summary>
internal static class TlsLoad
{
    private const int Workers = 16;

    /// <summary>Connects all, says <c>ready</c>, holds them until standard input ends.</summary>
    internal static async Task<LoadReport> IdleAsync(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var held = new SslStream?[order.Connections];
        await Parallel.ForAsync(0, order.Connections, new ParallelOptions { MaxDegreeOfParallelism = Workers }, async (i, _) =>
            held[i] = await ConnectAsync(endPoint, clients.Connect(i)));
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is not null) { }
        foreach (var stream in held) { await stream!.DisposeAsync(); }
        return new LoadReport(order.Connections, 0, 0, 0, 0);
    }

    /// <summary>Connects, with CONNECT and CONNACK where <paramref name="mqtt"/>, and closes again, for the length of the window.</summary>
    internal static async Task<LoadReport> ConnectsAsync(LoadOrder order, Clients clients, IPEndPoint endPoint, bool mqtt)
    {
        var packets = Enumerable.Range(0, order.Connections).Select(clients.Connect).ToArray();
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        var (count, next) = (0L, -1);
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var until = began + (long)(order.Seconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            await Task.Yield();
            while (Stopwatch.GetTimestamp() < until)
            {
                var i = Interlocked.Increment(ref next) % order.Connections;
                await using var stream = await ConnectAsync(endPoint, mqtt ? packets[i] : null);
                Interlocked.Increment(ref count);
            }
        }));
        return new LoadReport(count, Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, 0, 0);
    }

    internal static async Task<SslStream> ConnectAsync(IPEndPoint endPoint, byte[]? connect)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try { await socket.ConnectAsync(endPoint); }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }

        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = endPoint.Address.ToString(),
                AllowTlsResume = false,
                // The benchmark's own certificate: what is measured is the handshake, not the client's trust.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            });
            if (connect is null) { return stream; }
            await stream.WriteAsync(connect);
            var answer = new byte[4];
            await stream.ReadExactlyAsync(answer);
            return answer is [0x20, 2, _, 0] ? stream : throw new IOException($"CONNECT was refused: {Convert.ToHexString(answer)}");
        }
        catch (Exception)
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
