using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Muster.Amqp;

/// <summary>A client that sends what no library would.</summary>
internal sealed class RawAmqp : IDisposable
{
    private readonly TcpClient tcp;
    private readonly NetworkStream stream;

    private RawAmqp(TcpClient tcp) => (this.tcp, stream) = (tcp, tcp.GetStream());

    public static async Task<RawAmqp> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(endpoint, cancellationToken);
        return new(tcp);
    }

    /// <summary>As far as an open session, on channel 0 of both sides.</summary>
    public static async Task<RawAmqp> BeginAsync(IPEndPoint endpoint, CancellationToken cancellationToken, uint maxFrameSize = 65536)
    {
        var raw = await ConnectAsync(endpoint, cancellationToken);
        await raw.SendAsync(SaslFrames.AmqpHeader.ToArray(), cancellationToken);
        await raw.SendAsync(Frame(Open(maxFrameSize)), cancellationToken);
        await raw.SendAsync(Frame(new Begin { IncomingWindow = 2048, OutgoingWindow = 2048, NextOutgoingId = 0 }), cancellationToken);
        await raw.ReadExactlyAsync(8, cancellationToken);
        while (await raw.ReadFrameAsync(cancellationToken) is not Begin)
        {
        }

        return raw;
    }

    public static Open Open(uint maxFrameSize = 65536) => new() { ContainerId = "raw", HostName = AmqpHub.Host, MaxFrameSize = maxFrameSize, ChannelMax = 255 };

    public static byte[] Frame(DescribedList performative, ReadOnlySpan<byte> payload = default, byte channel = 0)
    {
        var body = new ByteBuffer(512, autoGrow: true);
        performative.Encode(body);
        var frame = Frame([.. body.Buffer.AsSpan(body.Offset, body.Length), .. payload]);
        frame[7] = channel;
        return frame;
    }

    public static byte[] Frame(ReadOnlySpan<byte> body, byte type = 0)
    {
        var frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        (frame[4], frame[5]) = (2, type);
        body.CopyTo(frame.AsSpan(8));
        return frame;
    }

    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => await stream.WriteAsync(bytes, cancellationToken);

    public async Task<byte[]> ReadExactlyAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <summary>The performative of the next frame; null for an empty frame.</summary>
    public async Task<object?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        var size = BinaryPrimitives.ReadInt32BigEndian(await ReadExactlyAsync(4, cancellationToken));
        var rest = await ReadExactlyAsync(size - 4, cancellationToken);
        var offset = (rest[0] * 4) - 4;
        if (offset == rest.Length)
        {
            return null;
        }

        var body = new ByteBuffer(rest, offset, rest.Length - offset, rest.Length - offset);
        return Encoder.ReadDescribed(body, Encoder.ReadFormatCode(body));
    }

    /// <summary>The next frame of that kind, within ten seconds; others are passed over.</summary>
    public async Task<T> ReadAsync<T>(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            if (await ReadFrameAsync(patience.Token) is T found)
            {
                return found;
            }
        }
    }

    /// <summary>All bytes until the hub ends the connection, which it may do in any way.</summary>
    public async Task<byte[]> ReadToEndAsync(CancellationToken cancellationToken)
    {
        var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, cancellationToken);
        }
        catch (IOException)
        {
            // Reset: it is over too.
        }

        return all.ToArray();
    }

    /// <summary>Whether there is nothing to read for so long. What is read is lost.</summary>
    public async Task<bool> IsSilentAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(time);
        try
        {
            await stream.ReadExactlyAsync(new byte[1], patience.Token);
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        tcp.Dispose();
    }
}
