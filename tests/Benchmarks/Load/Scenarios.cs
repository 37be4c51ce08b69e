using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;

namespace Muster.Benchmarks.Load;

/// <summary>Latencies in ticks, sampled: enough for a percentile, small enough to ignore.</summary>
internal sealed class Latencies
{
    private readonly List<long> ticks = [];

    internal void Add(long since) => ticks.Add(Stopwatch.GetTimestamp() - since);

    internal double Milliseconds(double percentile)
    {
        if (ticks.Count == 0) { return 0; }
        ticks.Sort();
        return ticks[(int)(percentile * (ticks.Count - 1))] * 1000.0 / Stopwatch.Frequency;
    }
}

/// <summary>Who connects: devices of the hub with SAS, or anybody to a broker without passwords.</summary>
internal sealed record Clients(string? HubHost, string Prefix, DateTimeOffset TokenExpires)
{
    internal string Id(int index) => $"{Prefix}{index:D5}";

    internal byte[] Connect(int index)
    {
        var id = Id(index);
        if (HubHost is null) { return RawPackets.Connect(id, null, null); }
        var (user, password) = RawPackets.Credentials(HubHost, id, TokenExpires);
        return RawPackets.Connect(id, user, password);
    }
}

/// <summary>QoS 1 telemetry: each connection keeps a fixed number of publishes in flight.</summary>
internal sealed class TelemetryScenario(Clients clients, int inFlight, int payloadBytes) : IScenario
{

    internal long Acknowledged { get; private set; }

    internal Latencies Latencies { get; } = new();

    public byte[] Connect(int index) => clients.Connect(index);

    public byte[]? Subscribe(int index) => null;

    public void Start(LoadConnection connection)
    {
        var packet = RawPackets.Publish($"devices/{clients.Id(connection.Index)}/messages/events/", new byte[payloadBytes], acknowledged: true);
        packets[connection.Index] = packet;
        idAt[connection.Index] = RawPackets.PacketIdAt(packet);
        for (var i = 0; i < inFlight; i++) { Publish(connection); }
    }

    public void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet)
    {
        if (packet[0] != 0x40) { return; }
        Acknowledged++;
        if (connection.SentAt != 0 && BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) == sampled[connection.Index])
        {
            Latencies.Add(connection.SentAt);
            connection.SentAt = 0;
        }

        Publish(connection);
    }

    private readonly byte[][] packets = new byte[20_000][];
    private readonly int[] idAt = new int[20_000];
    private readonly ushort[] next = new ushort[20_000];
    private readonly ushort[] sampled = new ushort[20_000];

    private void Publish(LoadConnection connection)
    {
        var i = connection.Index;
        if (++next[i] == 0) { next[i] = 1; }
        BinaryPrimitives.WriteUInt16BigEndian(packets[i].AsSpan(idAt[i]), next[i]);
        if (connection.SentAt == 0)
        {
            (sampled[i], connection.SentAt) = (next[i], Stopwatch.GetTimestamp());
        }

        connection.Send(packets[i]);
    }
}

/// <summary>Reported-property patches over the wire: each connection keeps one in flight.</summary>
internal sealed class TwinScenario(Clients clients) : IScenario
{
    internal long Acknowledged { get; private set; }

    internal long Failed { get; private set; }

    internal Latencies Latencies { get; } = new();

    public byte[] Connect(int index) => clients.Connect(index);

    public byte[]? Subscribe(int index) => RawPackets.Subscribe("$iothub/twin/res/#");

    public void Start(LoadConnection connection) => Patch(connection);

    public void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet)
    {
        if ((packet[0] & 0xF0) != 0x30) { return; }
        if (packet.IndexOf("/twin/res/204/"u8) >= 0) { Acknowledged++; } else { Failed++; }
        Latencies.Add(connection.SentAt);
        Patch(connection);
    }

    private int value;

    private void Patch(LoadConnection connection)
    {
        connection.SentAt = Stopwatch.GetTimestamp();
        var patch = TwinSample.Patch(++value);
        connection.Send(RawPackets.Publish($"$iothub/twin/PATCH/properties/reported/?$rid={value}", patch, acknowledged: false));
    }
}

/// <summary>Devices of the hub that answer direct methods as soon as they come.</summary>
internal sealed class MethodDevicesScenario(Clients clients) : IScenario
{
    private static readonly byte[] Answer = Encoding.UTF8.GetBytes($"\"{new string('x', 198)}\"");

    internal long Answered { get; private set; }

    public byte[] Connect(int index) => clients.Connect(index);

    public byte[]? Subscribe(int index) => RawPackets.Subscribe("$iothub/methods/POST/#");

    public void Start(LoadConnection connection) { }

    public void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet)
    {
        if ((packet[0] & 0xF0) != 0x30) { return; }
        var header = RawPackets.HeaderLength(packet);
        var topic = packet.Slice(header + 2, BinaryPrimitives.ReadUInt16BigEndian(packet[header..]));
        var rid = Encoding.ASCII.GetString(topic[(topic.IndexOf("$rid="u8) + 5)..]);
        connection.Send(RawPackets.Publish($"$iothub/methods/res/200/?$rid={rid}", Answer, acknowledged: false));
        Answered++;
    }
}

/// <summary>Devices of the hub that acknowledge messages as soon as they come.</summary>
internal sealed class MessageDevicesScenario(Clients clients) : IScenario
{
    internal long Acknowledged { get; private set; }

    public byte[] Connect(int index) => clients.Connect(index);

    public byte[]? Subscribe(int index) => RawPackets.Subscribe($"devices/{clients.Id(index)}/messages/devicebound/#", qos: 1);

    public void Start(LoadConnection connection) { }

    public void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet)
    {
        if ((packet[0] & 0xF6) != 0x32) { return; }
        connection.Send([0x40, 2, .. packet.Slice(RawPackets.PacketIdAt(packet), 2)]);
        Acknowledged++;
    }
}

/// <summary>The same request and response through a broker: one requester (the last connection) and devices that answer.</summary>
internal sealed class BrokerRequestScenario(Clients clients, int devices, int outstanding) : IScenario
{
    private static readonly byte[] Payload = Encoding.UTF8.GetBytes($"\"{new string('x', 198)}\"");
    private readonly byte[][] requests =
        [.. Enumerable.Range(0, devices).Select(i => RawPackets.Publish($"methods/{i:D5}", Payload, acknowledged: false))];
    private readonly byte[][] answers =
        [.. Enumerable.Range(0, devices).Select(i => RawPackets.Publish($"answers/{i:D5}", Payload, acknowledged: false))];
    private int next;

    internal long Answered { get; private set; }

    public byte[] Connect(int index) => clients.Connect(index);

    public byte[]? Subscribe(int index) => RawPackets.Subscribe(index == devices ? "answers/#" : $"methods/{index:D5}");

    public void Start(LoadConnection connection)
    {
        for (var i = 0; connection.Index == devices && i < outstanding; i++)
        {
            Request(connection);
            if (connection.OutgoingLength > 4096) { throw new InvalidOperationException("Send in smaller portions."); }
            Flush?.Invoke(connection);
        }
    }

    /// <summary>Sends what was gathered: the requester's first burst is larger than its buffer.</summary>
    internal Action<LoadConnection>? Flush { get; set; }

    public void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet)
    {
        if ((packet[0] & 0xF0) != 0x30) { return; }
        if (connection.Index != devices)
        {
            connection.Send(answers[connection.Index]);
            return;
        }

        Answered++;
        Request(connection);
    }

    private void Request(LoadConnection connection) => connection.Send(requests[next++ % devices]);
}
