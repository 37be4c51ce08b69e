using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

public sealed class ConnectPacketTests
{
    [Fact]
    public void A_connect_is_read_whole()
    {
        Assert.Equal(MqttFault.None, Parse(MqttPackets.Connect("d/m", "h/d/m", "token", ("devices/d/modules/m/messages/events/", [1]), keepAlive: 180, clean: true), out var packet));
        Assert.True(packet!.IsSupported && packet.CleanSession);
        Assert.Equal(("d/m", "h/d/m", "token", 180), (packet.ClientId, packet.UserName, packet.Password, packet.KeepAliveSeconds));
        Assert.Equal([1], packet.Will!.Payload);
    }

    [Theory]
    [InlineData("MQTT", 3)]
    [InlineData("MQTT", 5)]
    [InlineData("MQIsdp", 3)]
    public void Other_versions_are_known_as_such(string name, byte level)
    {
        Assert.Equal(MqttFault.None, Parse(MqttPackets.Frame(0x10, [.. MqttPackets.Text(name), level, 0, 0, 0]), out var packet));
        Assert.False(packet!.IsSupported);
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x40)]
    [InlineData(0x08)]
    [InlineData(0x20)]
    [InlineData(0x1C)]
    public void Flags_that_contradict_each_other_are_refused(int flags)
    {
        var bytes = MqttPackets.Frame(0x10, [.. MqttPackets.Text("MQTT"), 4, (byte)flags, 0, 60, .. MqttPackets.Text("d"), .. MqttPackets.Text("t"), .. MqttPackets.Text("p")]);
        Assert.Equal(MqttFault.ConnectFlags, Parse(bytes, out _));
    }

    [Fact]
    public void Other_protocols_lying_lengths_trailing_bytes_and_bad_text_are_refused()
    {
        byte[] head = [.. MqttPackets.Text("MQTT"), 4, 2, 0, 60];
        Assert.Equal(MqttFault.ProtocolName, Parse(MqttPackets.Frame(0x10, [.. MqttPackets.Text("AMQP"), 4, 2, 0, 60, .. MqttPackets.Text("d")]), out _));
        Assert.Equal(MqttFault.Truncated, Parse(MqttPackets.Frame(0x10, [.. head, 0, 9, 1]), out _));
        Assert.Equal(MqttFault.Truncated, Parse(MqttPackets.Frame(0x10, 0), out _));
        Assert.Equal(MqttFault.TrailingBytes, Parse(MqttPackets.Frame(0x10, [.. head, .. MqttPackets.Text("d"), 0]), out _));
        Assert.Equal(MqttFault.InvalidUtf8, Parse(MqttPackets.Frame(0x10, [.. head, .. MqttPackets.Field(0xFF)]), out _));
    }

    [Fact]
    public void Subscriptions_are_read_with_their_qos_and_refused_when_empty_or_malformed()
    {
        Assert.Equal(MqttFault.None, Subscribe(MqttPackets.Subscribe(7, ("a/#", 1), ("b", 2)), out var packet));
        Assert.Equal([new("a/#", 1), new("b", 2)], packet!.Filters);
        Assert.Equal(MqttFault.None, Subscribe(MqttPackets.Unsubscribe(8, "a/#"), out packet));
        Assert.Equal([new("a/#", 0)], packet!.Filters);
        Assert.Equal(MqttFault.NoTopicFilters, Subscribe(MqttPackets.Subscribe(7), out _));
        Assert.Equal(MqttFault.RequestedQos, Subscribe(MqttPackets.Subscribe(7, ("a", 3)), out _));
        Assert.Equal(MqttFault.PacketIdentifierZero, Subscribe(MqttPackets.Subscribe(0, ("a", 1)), out _));
        Assert.Equal(MqttFault.EmptyTopic, Subscribe(MqttPackets.Subscribe(7, ("", 1)), out _));
        Assert.Equal(MqttFault.Truncated, Subscribe(MqttPackets.Frame(0x82, 0, 7, 0, 5, 1), out _));
    }

    [Theory]
    [InlineData(new byte[] { 0x10 }, (int)ReadStatus.NeedMore)]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T' }, (int)ReadStatus.Malformed)]
    [InlineData(new byte[] { 0xC0, 0x00 }, (int)ReadStatus.Malformed)]
    [InlineData(new byte[] { 0x16, 0x03, 0x01 }, (int)ReadStatus.Malformed)]
    public void The_first_byte_of_a_connection_tells_whether_it_speaks_mqtt(byte[] bytes, int status)
    {
        var input = new System.Buffers.ReadOnlySequence<byte>(bytes);
        Assert.Equal((ReadStatus)status, FirstPacket.TryRead(ref input, out _, out _));
    }

    private static MqttFault Parse(byte[] bytes, out ConnectPacket? packet)
    {
        Assert.Equal(ReadStatus.Frame, Packets.TryRead(bytes, out var frame, out _));
        return ConnectPacket.TryParse(frame, out packet);
    }

    private static MqttFault Subscribe(byte[] bytes, out SubscribePacket? packet)
    {
        Assert.Equal(ReadStatus.Frame, Packets.TryRead(bytes, out var frame, out _));
        return SubscribePacket.TryParse(frame, out packet);
    }
}
