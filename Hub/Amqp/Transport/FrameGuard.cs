using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Amqp;

namespace Muster.Amqp;

/// <summary>
/// Sees every frame of a connection before the library does: bounds what the library does not (messages in many transfers), and keeps the flow numbers
/// that the library gets wrong. On the read loop alone.
/// </summary>
internal sealed class FrameGuard
{
    private const int FrameHeader = 8;
    private const byte Attach = 0x12;
    private const byte Flow = 0x13;
    private const byte Transfer = 0x14;
    private readonly Dictionary<uint, int> assembling = [];
    private int assemblingBytes;

    /// <summary>Client's channel of the newest attach.</summary>
    public ushort AttachChannel { get; private set; }

    /// <summary>Encoded bytes of the message whose last transfer was the newest frame.</summary>
    public int MessageSize { get; private set; }

    /// <summary>How many deliveries, counted from the link's first, the newest flow with a link in it lets us send.</summary>
    public uint FlowLimit { get; private set; }

    /// <summary>Whether that flow asks for a drain.</summary>
    public bool FlowDrains { get; private set; }

    /// <summary>Whether the client has begun a message and not ended it.</summary>
    public int AssemblingBytes => assemblingBytes;

    /// <summary>A frame's size, before the frame is read.</summary>
    /// <exception cref="AmqpException">Too small to be a frame, or too large.</exception>
    public static void CheckSize(ReadOnlySpan<byte> size)
    {
        var bytes = BinaryPrimitives.ReadUInt32BigEndian(size);
        if (bytes is < FrameHeader or > AmqpLimits.MaxFrameSize)
        {
            throw Malformed($"A frame of {bytes} bytes is not between {FrameHeader} and {AmqpLimits.MaxFrameSize}.");
        }
    }

    /// <summary>A whole frame, its size checked.</summary>
    /// <exception cref="AmqpException">The connection has to end.</exception>
    public void Inspect(ReadOnlySpan<byte> frame)
    {
        var offset = frame[4] * 4;
        if (frame[5] != 0 || offset < FrameHeader || offset > frame.Length)
        {
            throw Malformed("This is no AMQP frame.");
        }

        var body = frame[offset..];
        var channel = BinaryPrimitives.ReadUInt16BigEndian(frame[6..]);
        switch (FieldReader.Code(body))
        {
            case Transfer:
                OnTransfer(channel, body);
                break;
            case Flow:
                OnFlow(body);
                break;
            case Attach:
                AttachChannel = channel;
                break;
        }
    }

    /// <summary>
    /// False for an outgoing flow that drains and leaves credit, which no sender says: it is only there to set the library right, and rhea warns of it.
    /// </summary>
    public static bool IsForTheClient(ReadOnlySpan<byte> frame)
    {
        if (frame.Length <= FrameHeader || FieldReader.Code(frame[FrameHeader..]) != Flow)
        {
            return true;
        }

        var flow = LinkFlow.Read(frame[FrameHeader..]);
        return flow is not { Drains: true, Credit: > 0 };
    }

    /// <summary>Payload bytes of an outgoing frame; 0 if it is no transfer.</summary>
    public static int PayloadOf(ReadOnlySpan<byte> frame) =>
        frame.Length > FrameHeader && FieldReader.Code(frame[FrameHeader..]) == Transfer
            ? frame.Length - FrameHeader - FieldReader.Open(frame[FrameHeader..]).End
            : 0;

    private void OnTransfer(ushort channel, ReadOnlySpan<byte> body)
    {
        var fields = FieldReader.Open(body);
        var handle = fields.ReadUInt() ?? throw Malformed("A transfer names no link.");
        _ = fields.ReadUInt();
        fields.SkipBinary();
        _ = fields.ReadUInt();
        _ = fields.ReadBool();
        var hasMore = fields.ReadBool();
        if (handle > ushort.MaxValue)
        {
            throw Malformed("A transfer names a link that cannot be.");
        }

        var payload = body.Length - fields.End;
        ref var size = ref CollectionsMarshal.GetValueRefOrAddDefault(assembling, ((uint)channel << 16) | handle, out _);
        size += payload;
        assemblingBytes += payload;
        if (size > AmqpLimits.MaxMessage || assemblingBytes > AmqpLimits.MaxAssembling)
        {
            throw new AmqpException(LinkConditions.ResourceLimitExceeded, $"A message exceeds {AmqpLimits.MaxMessage} bytes.");
        }

        if (!hasMore)
        {
            (MessageSize, assemblingBytes) = (size, assemblingBytes - size);
            assembling.Remove(((uint)channel << 16) | handle);
        }
    }

    private void OnFlow(ReadOnlySpan<byte> body)
    {
        if (LinkFlow.Read(body) is { } flow)
        {
            (FlowLimit, FlowDrains) = (unchecked(flow.DeliveryCount + flow.Credit), flow.Drains);
        }
    }

    private static AmqpException Malformed(string message) => new(LinkConditions.FramingError, message);
}

/// <summary>What a flow says of a link.</summary>
/// <param name="DeliveryCount">Deliveries so far; 0 from a receiver that has not seen the answer to its attach.</param>
/// <param name="Credit">Deliveries from there on.</param>
/// <param name="Drains">Whether the credit is to be used up.</param>
internal readonly record struct LinkFlow(uint DeliveryCount, uint Credit, bool Drains)
{
    /// <summary>Null if the flow is about the session alone.</summary>
    public static LinkFlow? Read(ReadOnlySpan<byte> body)
    {
        var fields = FieldReader.Open(body);
        for (var session = 0; session < 4; session++)
        {
            _ = fields.ReadUInt();
        }

        if (fields.ReadUInt() is null)
        {
            return null;
        }

        var (deliveryCount, credit) = (fields.ReadUInt() ?? 0, fields.ReadUInt() ?? 0);
        _ = fields.ReadUInt();
        return new(deliveryCount, credit, fields.ReadBool());
    }
}
