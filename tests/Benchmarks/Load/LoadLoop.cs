using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Muster.Benchmarks.Load;

/// <summary>A connection of the load generator: its socket, what was half received, and what is to be sent at the end of this turn.</summary>
internal sealed class LoadConnection(int index, Socket socket)
{
    internal readonly int Index = index;
    internal readonly Socket Socket = socket;
    internal readonly int Descriptor = (int)socket.Handle;
    internal readonly byte[] Received = new byte[4096];
    internal int ReceivedLength;
    internal readonly byte[] Outgoing = new byte[8192];
    internal int OutgoingLength;
    internal long SentAt;

    internal void Send(ReadOnlySpan<byte> packet)
    {
        packet.CopyTo(Outgoing.AsSpan(OutgoingLength));
        OutgoingLength += packet.Length;
    }
}

/// <summary>What the connections do once they are connected.</summary>
internal interface IScenario
{
    /// <summary>The CONNECT of a connection.</summary>
    byte[] Connect(int index);

    /// <summary>A SUBSCRIBE to await before the start; null for none.</summary>
    byte[]? Subscribe(int index);

    void Start(LoadConnection connection);

    void OnPacket(LoadConnection connection, ReadOnlySpan<byte> packet);
}

/// <summary>One thread over epoll that drives all connections of a scenario.</summary>
internal sealed unsafe class LoadLoop(IPEndPoint server, int connections, IScenario scenario) : IDisposable
{
    private const int ConnectChunk = 250;
    private readonly LoadConnection[] all = new LoadConnection[connections];
    private readonly int epoll = Native.EpollCreate(0);

    internal LoadConnection this[int index] => all[index];

    /// <summary>Connects and subscribes all, in chunks that a CONNECT time-out allows for.</summary>
    internal void Connect()
    {
        for (var first = 0; first < connections; first += ConnectChunk)
        {
            var chunk = Enumerable.Range(first, Math.Min(ConnectChunk, connections - first)).ToArray();
            foreach (var i in chunk)
            {
                // One address of the loopback network for each 20,000 connections: a source address has but so many ports.
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Connect(server);
                all[i] = new LoadConnection(i, socket);
                socket.Send(scenario.Connect(i));
            }

            foreach (var i in chunk)
            {
                Expect(all[i], 0x20, 4, packet => packet[3] == 0);
                if (scenario.Subscribe(i) is { } subscribe) { all[i].Socket.Send(subscribe); }
            }

            foreach (var i in chunk)
            {
                if (scenario.Subscribe(i) is not null) { Expect(all[i], 0x90, 5, packet => packet[^1] < 0x80); }
                var data = new Native.EpollEvent { Events = Native.EpollIn, Index = i };
                if (Native.EpollControl(epoll, Native.EpollAdd, all[i].Descriptor, &data) != 0) { throw new IOException("epoll_ctl failed"); }
            }
        }
    }

    internal void Start()
    {
        foreach (var connection in all)
        {
            scenario.Start(connection);
            Flush(connection);
        }
    }

    /// <summary>Runs until <paramref name="until"/> (a <see cref="Stopwatch"/> timestamp) or until <paramref name="stop"/> says so.</summary>
    /// <param name="until">When to end.</param>
    /// <param name="stop">Asked at each turn.</param>
    /// <param name="turn">Milliseconds after which a turn ends at which nothing was received.</param>
    internal void Run(long until, Func<bool>? stop = null, int turn = 50)
    {
        var events = stackalloc Native.EpollEvent[256];
        while (Stopwatch.GetTimestamp() < until && stop?.Invoke() != true)
        {
            var count = Native.EpollWait(epoll, events, 256, turn);
            for (var i = 0; i < count; i++)
            {
                Receive(all[events[i].Index]);
            }
        }
    }

    internal void Flush(LoadConnection connection)
    {
        if (connection.OutgoingLength == 0) { return; }
        fixed (byte* start = connection.Outgoing)
        {
            var sent = Native.Send(connection.Descriptor, start, connection.OutgoingLength, Native.NoSignal);
            if (sent != connection.OutgoingLength) { throw new IOException($"connection {connection.Index}: sent {sent} of {connection.OutgoingLength} bytes"); }
        }

        connection.OutgoingLength = 0;
    }

    public void Dispose()
    {
        foreach (var connection in all) { connection?.Socket.Dispose(); }
    }

    private void Receive(LoadConnection connection)
    {
        nint received;
        fixed (byte* start = connection.Received)
        {
            received = Native.Receive(connection.Descriptor, start + connection.ReceivedLength,
                connection.Received.Length - connection.ReceivedLength, Native.DontWait);
        }

        if (received <= 0) { throw new IOException($"connection {connection.Index} was closed by the server"); }
        connection.ReceivedLength += (int)received;
        Span<byte> bytes = connection.Received.AsSpan(0, connection.ReceivedLength);
        var at = 0;
        while (true)
        {
            var length = RawPackets.PacketLength(bytes[at..]);
            if (length == 0 || at + length > bytes.Length) { break; }
            scenario.OnPacket(connection, bytes.Slice(at, length));
            at += length;
        }

        bytes[at..].CopyTo(bytes);
        connection.ReceivedLength -= at;
        Flush(connection);
    }

    private static void Expect(LoadConnection connection, byte type, int length, Func<byte[], bool> accepted)
    {
        var packet = new byte[length];
        for (var have = 0; have < length;)
        {
            var read = connection.Socket.Receive(packet, have, length - have, SocketFlags.None);
            if (read == 0) { throw new IOException($"connection {connection.Index} was closed before it was connected"); }
            have += read;
        }

        if (packet[0] != type || !accepted(packet))
        {
            throw new IOException($"connection {connection.Index} was refused: {Convert.ToHexString(packet)}");
        }
    }
}
