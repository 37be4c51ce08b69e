using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Muster.Devices;
using Muster.Wire;

namespace Muster.Survival;

/// <summary>The hub answered CONNECT with something else than "accepted".</summary>
internal sealed class ConnectRefusedException(int code) : IOException($"CONNACK {code}")
{
    internal int Code => code;
}

/// <summary>One connection of a device: TLS, MQTT 3.1.1, IoT Hub's dialect.</summary>
internal sealed partial class DeviceWire : IAsyncDisposable
{
    private const ushort KeepAliveSeconds = 60;
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<WireReply>> pending = new();
    private readonly CancellationTokenSource ended = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly string deviceId;
    private readonly Func<string, string> answerMethod;
    private Stream stream = Stream.Null;
    private Task reading = Task.CompletedTask;
    private int last;

    private DeviceWire(string deviceId, Func<string, string> answerMethod) => (this.deviceId, this.answerMethod) = (deviceId, answerMethod);

    /// <summary>Cancelled when the connection is over.</summary>
    internal CancellationToken Ended => ended.Token;

    /// <summary>Returns when the hub has stored what the device listens to.</summary>
    /// <param name="answerMethod">From a method's payload to the answer's.</param>
    internal static async Task<DeviceWire> OpenAsync(FleetContext fleet, DeviceIdentity who, Func<string, string> answerMethod, CancellationToken stop)
    {
        var wire = new DeviceWire(who.Id, answerMethod);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(ConnectPatience);
        try
        {
            await wire.ConnectAsync(fleet, who, patience.Token);
            return wire;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            await wire.DisposeAsync();
            throw new TimeoutException("connecting took too long");
        }
        catch
        {
            await wire.DisposeAsync();
            throw;
        }
    }

    /// <summary>Patches reported properties.</summary>
    internal Task<WireReply> ReportAsync(ReadOnlyMemory<byte> patch, CancellationToken cancellationToken)
    {
        var rid = Next().ToString(CultureInfo.InvariantCulture);
        var packet = MqttPackets.Publish($"$iothub/twin/PATCH/properties/reported/?$rid={rid}", patch.Span);
        return AskAsync("r" + rid, packet, cancellationToken);
    }

    /// <summary>Telemetry at QoS 1; returns at its PUBACK.</summary>
    internal Task<WireReply> SendAsync(string messageId, ReadOnlyMemory<byte> body, bool again, CancellationToken cancellationToken)
    {
        var packetId = (ushort)((Next() % 65535) + 1);
        var packet = MqttPackets.Publish($"devices/{deviceId}/messages/events/%24.mid={messageId}", body.Span, qos: 1, packetId, extraFlags: again ? 8 : 0);
        return AskAsync("p" + packetId.ToString(CultureInfo.InvariantCulture), packet, cancellationToken);
    }

    internal Task PingAsync(CancellationToken cancellationToken) => WriteAsync(MqttPackets.Ping, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await reading;
        End();
    }

    private async Task ConnectAsync(FleetContext fleet, DeviceIdentity who, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref fleet.Wire.Dials);
        var transport = new NetworkStream(await DialAsync(fleet.Hub, who.Number, cancellationToken), ownsSocket: true);
        var tls = new SslStream(transport);
        stream = tls;
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = fleet.Hub.HostName, CertificateChainPolicy = fleet.Hub.Trust(), AllowTlsResume = false },
                cancellationToken);
        }
        catch
        {
            Interlocked.Increment(ref fleet.Wire.HandshakesFailed);
            throw;
        }

        Interlocked.Increment(ref fleet.Wire.Handshakes);
        await GreetAsync(fleet.Hub, who, cancellationToken);
    }

    private async Task GreetAsync(HubTarget hub, DeviceIdentity who, CancellationToken cancellationToken)
    {
        var token = SasToken.Create($"{hub.HostName}/devices/{who.Id}", who.Key);
        // With clean=false, as IoT Hub's SDKs do, which keep their session.
        var connect = MqttPackets.Connect(who.Id, $"{hub.HostName}/{who.Id}/?api-version=2021-04-12", token, keepAlive: KeepAliveSeconds);
        await WriteAsync(connect, cancellationToken);
        var answer = new byte[4];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        if (answer is not [0x20, 2, _, 0])
        {
            throw new ConnectRefusedException(answer[3]);
        }

        reading = ReadAsync();
        await AskAsync("s1", MqttPackets.Subscribe(1, ("$iothub/methods/POST/#", 0), ("$iothub/twin/res/#", 0)), cancellationToken);
    }

    // Each device dials from an address that it shares with few others: an address has only some 28,000 ports to dial from.
    private static async Task<Socket> DialAsync(HubTarget hub, int number, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress([127, 119, 1, (byte)(1 + (number % 100))]), 0));
            await socket.ConnectAsync(hub.Address, hub.MqttPort, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private int Next() => Interlocked.Increment(ref last);

    private async Task<WireReply> AskAsync(string what, byte[] packet, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<WireReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        pending[what] = reply;
        try
        {
            // What ended before the reply was waited for did not see it.
            ended.Token.ThrowIfCancellationRequested();
            await WriteAsync(packet, cancellationToken);
            return await reply.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            pending.TryRemove(what, out _);
        }
    }

    private async Task WriteAsync(byte[] packet, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            await stream.WriteAsync(packet, cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }
}
