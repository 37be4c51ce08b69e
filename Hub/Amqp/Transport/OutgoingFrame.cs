namespace Muster.Amqp;

/// <summary>What the library is about to send. Pure.</summary>
internal static class OutgoingFrame
{
    private const int FrameHeader = 8;
    private const byte Flow = 0x13;
    private const byte Transfer = 0x14;

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
}
