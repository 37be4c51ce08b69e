using System.Net;
using System.Net.Sockets;

namespace Muster.Storage;

/// <summary>Stands between a client and a server, for one connection, and can stop passing on what the client sends: to the server, the client froze.</summary>
internal sealed class StallingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Parse("127.0.111.7"), 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private long left = long.MaxValue;

    internal StallingProxy(IPEndPoint server)
    {
        listener.Start();
        running = RunAsync(server);
    }

    internal IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndpoint;

    /// <summary>From now on the server gets this many bytes more.</summary>
    internal void StallAfter(long bytes) => Interlocked.Exchange(ref left, bytes);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        listener.Dispose();
        stop.Dispose();
    }

    private async Task RunAsync(IPEndPoint server)
    {
        try
        {
            using var client = await listener.AcceptSocketAsync(stop.Token);
            using var upstream = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await upstream.ConnectAsync(server, stop.Token);
            await await Task.WhenAny(PassAsync(client, upstream, Allowed), PassAsync(upstream, client, read => read));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // One side left.
        }
    }

    private async Task PassAsync(Socket from, Socket to, Func<int, int> allowed)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, stop.Token) is > 0 and var read)
        {
            await to.SendAsync(buffer.AsMemory(0, allowed(read)), stop.Token);
        }
    }

    private int Allowed(int read)
    {
        var rest = Interlocked.Read(ref left);
        if (rest == long.MaxValue)
        {
            return read;
        }

        var pass = (int)Math.Min(read, Math.Max(0, rest));
        Interlocked.Add(ref left, -pass);
        return pass;
    }
}
