namespace Muster.Mqtt;

/// <summary>The remaining length of MQTT 3.1.1 section 2.2.3.</summary>
internal static class MqttWriter
{
    public static int LengthBytes(int remaining) => remaining switch
    {
        < 1 << 7 => 1,
        < 1 << 14 => 2,
        < 1 << 21 => 3,
        _ => 4,
    };

    public static int WriteLength(Span<byte> to, int remaining)
    {
        var used = 0;
        do
        {
            var b = (byte)(remaining & 0x7F);
            remaining >>= 7;
            to[used++] = remaining > 0 ? (byte)(b | 0x80) : b;
        }
        while (remaining > 0);
        return used;
    }
}
