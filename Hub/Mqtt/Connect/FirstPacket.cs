using System.Buffers;

namespace Muster.Mqtt;

/// <summary>Reads a connection's first packet, which has to be CONNECT; the first byte tells.</summary>
internal static class FirstPacket
{
    private const byte FirstByte = (byte)PacketType.Connect << 4;

    /// <summary>Null: the client went away, or speaks something else.</summary>
    public static async Task<ConnectPacket?> ReadAsync(Wire wire, HubInstruments instruments)
    {
        while (true)
        {
            var read = await wire.Input.ReadAsync();
            var buffer = read.Buffer;
            var status = TryRead(ref buffer, out var connect, out var fault);
            wire.Input.AdvanceTo(buffer.Start, status == ReadStatus.NeedMore ? buffer.End : buffer.Start);
            if (status == ReadStatus.Frame)
            {
                return connect;
            }

            if (status == ReadStatus.Malformed)
            {
                instruments.Refused(fault);
                return null;
            }

            if (read.IsCompleted || read.IsCanceled)
            {
                return null;
            }
        }
    }

    internal static ReadStatus TryRead(ref ReadOnlySequence<byte> buffer, out ConnectPacket? connect, out MqttFault fault)
    {
        connect = null;
        fault = MqttFault.ConnectExpected;
        if (!buffer.IsEmpty && buffer.FirstSpan[0] != FirstByte)
        {
            return ReadStatus.Malformed;
        }

        var status = MqttReader.TryRead(ref buffer, out var frame, out fault);
        fault = status == ReadStatus.Frame ? ConnectPacket.TryParse(frame, out connect) : fault;
        return fault == MqttFault.None ? status : ReadStatus.Malformed;
    }
}
