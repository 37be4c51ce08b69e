using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Amqp;

namespace Muster.Amqp;

/// <summary>
/// Sees every frame of a connection before the library does: bounds what the library does not (messages in many transfers), and keeps the flow numbers
/// that the library gets wrong. On the read loop alone.
/// </summary>
/// <param name="isProved">Whether the client has shown who it is; null: it has.</param>
internal sealed class FrameGuard(Func<bool>? isProved = null)
{
    private const int FrameHeader = 8;
    private const byte Attach = 0x12;
    private const byte Flow = 0x13;
    private const byte Transfer = 0x14;
    private const int TransferFields = 11;
    private const byte Detach = 0x16;
    private const byte End = 0x17;
    private readonly Dictionary<uint, int> assembling = [];
    private readonly LinkTally links = new(isProved ?? (static () => true));
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
        // The library reads a performative behind 8 bytes wherever the header says that it is, and takes it in more forms than this one.
        if (frame[4] != FrameHeader / 4 || frame[5] != 0)
        {
            throw Malformed("This is no AMQP frame, or its header is an extended one.");
        }

        var body = frame[FrameHeader..];
        if (body.IsEmpty)
        {
            return;
        }

        var code = FieldReader.Code(body);
        if (code == 0)
        {
            throw Malformed("A frame's performative begins with 00 53 and its code.");
        }

        Inspect(BinaryPrimitives.ReadUInt16BigEndian(frame[6..]), code, body);
    }

    private void Inspect(ushort channel, byte code, ReadOnlySpan<byte> body)
    {
        switch (code)
        {
            case Transfer:
                OnTransfer(channel, body);
                break;
            case Flow:
                OnFlow(body);
                break;
            case Attach:
                OnAttach(channel, body.Length);
                break;
            case Detach:
                links.Detached(channel);
                Forget(channel, FieldReader.Open(body).ReadUInt() ?? 0);
                break;
            case End:
                links.Ended(channel);
                Forget(channel, handle: null);
                break;
        }
    }

    private void OnAttach(ushort channel, int size)
    {
        if (size > AmqpLimits.MaxAttach)
        {
            throw new AmqpException(LinkConditions.ResourceLimitExceeded, $"An attach has at most {AmqpLimits.MaxAttach} bytes.");
        }

        links.Attached(channel);
        AttachChannel = channel;
    }

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

        // What the library takes for payload begins where the fields end, whatever the list says.
        if (fields.Count > TransferFields || !fields.IsAtEnd())
        {
            throw Malformed("A transfer lies about its size.");
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
            // Serial numbers (RFC 1982): the limit is ahead of what was sent by half of them at most.
            (FlowLimit, FlowDrains) = (unchecked(flow.DeliveryCount + Math.Min(flow.Credit, int.MaxValue)), flow.Drains);
        }
    }

    // What a link, or with a null handle a session, had begun to send goes with it.
    private void Forget(ushort channel, uint? handle)
    {
        foreach (var (key, size) in assembling)
        {
            if (key >> 16 == channel && (handle is null || (key & ushort.MaxValue) == handle))
            {
                assembling.Remove(key);
                assemblingBytes -= size;
            }
        }
    }

    private static AmqpException Malformed(string message) => new(LinkConditions.FramingError, message);
}
