using System.Net;
using System.Net.Security;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Scale.Servers;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>Devices over TLS, spread over the silos, each with some QoS 1 messages of 200 bytes under way.</summary>
internal sealed class TelemetryLoad : IAsyncDisposable
{
    private const int PayloadBytes = 200;
    private const int InFlight = 5;
    private const int MqttPort = 8883;
    private const int ConnectsAtATime = 16;
    private readonly SslStream[] devices;
    private readonly byte[][] bursts;

    private TelemetryLoad(SslStream[] devices, byte[][] bursts) => (this.devices, this.bursts) = (devices, bursts);

    internal static async Task<TelemetryLoad> ConnectAsync(ScaleCluster cluster, int count)
    {
        var devices = new SslStream[count];
        var expires = TimeProvider.System.GetUtcNow().AddHours(2);
        await ClosedLoop.EachAsync(count, ConnectsAtATime, async i =>
        {
            var id = FleetRows.Id(i);
            var (user, password) = RawPackets.Credentials(ScaleCluster.HostName, id, expires);
            var silo = cluster.Nodes[i % cluster.Nodes.Count].Address;
            devices[i] = await TlsLoad.ConnectAsync(new IPEndPoint(IPAddress.Parse(silo), MqttPort), RawPackets.Connect(id, user, password));
        });
        return new TelemetryLoad(devices, [.. Enumerable.Range(0, count).Select(i => Burst(FleetRows.Id(i)))]);
    }

    /// <summary>Counts acknowledged messages; latencies are those of a burst.</summary>
    internal async Task<LoadWindow> PublishAsync(TimeSpan window)
    {
        var answers = devices.Select(_ => new byte[4 * InFlight]).ToArray();
        var done = await ClosedLoop.RunAsync(devices.Length, window, async (caller, _) =>
        {
            await devices[caller].WriteAsync(bursts[caller]);
            await devices[caller].ReadExactlyAsync(answers[caller]);
            if (answers[caller][0] != 0x40) { throw new InvalidOperationException($"Not acknowledged: {Convert.ToHexString(answers[caller])}"); }
        });
        return done with { Count = done.Count * InFlight };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in devices) { await device.DisposeAsync(); }
    }

    private static byte[] Burst(string id)
    {
        var burst = new List<byte>();
        var body = new byte[PayloadBytes];
        "{\"temperature\":21.5,\"pressure\":1013,\"note\":\""u8.CopyTo(body);
        body.AsSpan(44, PayloadBytes - 46).Fill((byte)'x');
        "\"}"u8.CopyTo(body.AsSpan(PayloadBytes - 2));
        for (byte n = 1; n <= InFlight; n++)
        {
            var packet = RawPackets.Publish($"devices/{id}/messages/events/$.ct=application%2Fjson&$.ce=utf-8", body, acknowledged: true);
            packet[RawPackets.PacketIdAt(packet) + 1] = n;
            burst.AddRange(packet);
        }

        return [.. burst];
    }
}
