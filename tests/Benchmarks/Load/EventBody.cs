using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Muster.Benchmarks.Load;

/// <summary>What an event of <see cref="PacedEvents"/> says of itself.</summary>
/// <param name="IsMeasured">False while both sides warm up.</param>
/// <param name="Device">The device's index.</param>
/// <param name="Number">From 1, for each device.</param>
/// <param name="At">When it was to be sent: a <see cref="System.Diagnostics.Stopwatch"/> timestamp, which the processes of a machine share.</param>
internal readonly record struct EventStamp(bool IsMeasured, int Device, long Number, long At);

/// <summary>A JSON object of 200 bytes, so that the hub's pump has something to apply; its fields have fixed places, so that nobody need parse it.</summary>
internal static class EventBody
{
    private const string Start = "{\"bench\":\"";
    private const string Device = "\",\"device\":\"";
    private const string Number = "\",\"number\":\"";
    private const string Time = "\",\"at\":\"";
    private const string Padding = "\",\"padding\":\"";
    private const int PhaseAt = 10;
    private const int DeviceAt = PhaseAt + 1 + 12;
    private const int NumberAt = DeviceAt + 5 + 12;
    private const int TimeAt = NumberAt + 10 + 8;
    private const int PaddingAt = TimeAt + 19 + 13;
    private const int Length = 200;

    internal static byte[] Template { get; } = Encoding.ASCII.GetBytes(
        $"{Start}w{Device}{0:D5}{Number}{0:D10}{Time}{0:D19}{Padding}{new string('x', Length - PaddingAt - 2)}\"}}");

    internal static void Write(Span<byte> body, EventStamp stamp)
    {
        body[PhaseAt] = (byte)(stamp.IsMeasured ? 'm' : 'w');
        Utf8Formatter.TryFormat(stamp.Device, body[DeviceAt..], out _, new StandardFormat('D', 5));
        Utf8Formatter.TryFormat(stamp.Number, body[NumberAt..], out _, new StandardFormat('D', 10));
        Utf8Formatter.TryFormat(stamp.At, body[TimeAt..], out _, new StandardFormat('D', 19));
    }

    /// <summary>False for a body that is not of this shape.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out EventStamp stamp)
    {
        stamp = default;
        if (body.Length != Length || !body.StartsWith("{\"bench\":\""u8)
            || !Utf8Parser.TryParse(body[DeviceAt..], out int device, out _) || !Utf8Parser.TryParse(body[NumberAt..], out long number, out _)
            || !Utf8Parser.TryParse(body[TimeAt..], out long at, out _))
        {
            return false;
        }

        stamp = new EventStamp(body[PhaseAt] == 'm', device, number, at);
        return true;
    }
}
