using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Muster.Devices;
using Muster.Hosting;

namespace Muster.Wire;

/// <summary>A connection to the MQTT port that says only what it is told to.</summary>
internal sealed class BareConnection : IAsyncDisposable
{
    private readonly NetworkStream transport;
    private Stream stream;

    private BareConnection(Socket socket) => stream = transport = new NetworkStream(socket, ownsSocket: true);

    /// <summary>Dials from one of many addresses of our own, since each has only some 28,000 ports to dial from.</summary>
    internal static async Task<BareConnection> DialAsync(HubConnection hub, int number)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + number % 100)]), 0));
            await socket.ConnectAsync(IPAddress.Parse(hub.HostName), hub.MqttPort, TestContext.Current.CancellationToken);
            return new BareConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal async Task StartTlsAsync(HubConnection hub)
    {
        var tls = new SslStream(transport, leaveInnerStreamOpen: false, (_, certificate, _, errors) => Trust.Check(hub, certificate, errors));
        stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = hub.HostName }, TestContext.Current.CancellationToken);
    }

    internal async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Returns when the hub has ended the connection, whatever it sent before.</summary>
    internal async Task UntilClosedAsync(int seconds)
    {
        var buffer = new byte[256];
        try
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)
                .AsTask().WaitAsync(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
    }

    public ValueTask DisposeAsync()
    {
        // A reset leaves no port behind in TIME_WAIT.
        transport.Socket.LingerState = new LingerOption(true, 0);
        transport.Dispose();
        return ValueTask.CompletedTask;
    }
}
