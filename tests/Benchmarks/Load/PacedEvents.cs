using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;

namespace Muster.Benchmarks.Load;

/// <summary>
/// QoS 1 telemetry of all devices in turn, at a rate that heeds no answer: each event carries when it was to be sent, so that a sender that falls
/// behind hides nothing.
/// </summary>
internal sealed class PacedEvents(Clients clients, int devices, double rate) : IScenario
{
    internal const int MaxDevices = 20_000;
    private const double WarmUpSeconds = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly byte[][] packets = new byte[devices][];
    private readonly long[] numbers = new long[devices];
    private long sent;
    private long acknowledged;
    private long began;

    public byte[] Connect(int index) => clients.Connect(index);

    public byte[]? Subscribe(int index) => null;

    public void Start(LoadConnection connection) => packets[connection.Index] =
        RawPackets.Publish($"devices/{clients.Id(connection.Index)}/messages/events/$.ct=application%2Fjson&$.ce=utf-8", EventBody.Template, acknowledged: true);

    public void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet) => acknowledged += packet[0] == 0x40 ? 1 : 0;

    /// <summary>Its report counts what it sent in the window and the warm-up before it; those that were not acknowledged failed.</summary>
    internal static LoadReport Run(LoadOrder order, Clients clients, IPEndPoint endPoint)
    {
        var scenario = new PacedEvents(clients, order.Connections, order.Rate);
        using var loop = new LoadLoop(endPoint, order.Connections, scenario);
        loop.Connect();
        Console.WriteLine("ready");
        Console.ReadLine();
        loop.Start();
        var cpu = LoadProcess.Cpu();
        scenario.began = Stopwatch.GetTimestamp();
        var until = scenario.began + Ticks(WarmUpSeconds + order.Seconds);
        loop.Run(until, () => scenario.PublishDue(loop, until), turn: 1);
        scenario.PublishDue(loop, until);
        var seconds = Stopwatch.GetElapsedTime(scenario.began).TotalSeconds;
        loop.Run(Stopwatch.GetTimestamp() + Ticks(Patience.TotalSeconds), () => scenario.acknowledged == scenario.sent);
        return new LoadReport(scenario.sent, seconds, LoadProcess.Cpu() - cpu, 0, 0, scenario.sent, scenario.sent - scenario.acknowledged);
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private bool PublishDue(LoadLoop loop, long until)
    {
        var due = (long)((Math.Min(Stopwatch.GetTimestamp(), until) - began) * rate / Stopwatch.Frequency);
        for (; sent < due; sent++)
        {
            var connection = loop[(int)(sent % devices)];
            Publish(connection, began + Ticks(sent / rate));
            loop.Flush(connection);
        }

        return false;
    }

    private void Publish(LoadConnection connection, long at)
    {
        var (packet, number) = (packets[connection.Index], ++numbers[connection.Index]);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(RawPackets.PacketIdAt(packet)), (ushort)((number - 1) % ushort.MaxValue + 1));
        EventBody.Write(packet.AsSpan(packet.Length - EventBody.Template.Length), new EventStamp(at - began >= Ticks(WarmUpSeconds), connection.Index, number, at));
        connection.Send(packet);
    }
}
