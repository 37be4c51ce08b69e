using System.Buffers;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

public sealed class MqttReaderTests
{
    [Fact]
    public void Half_a_packet_waits_for_the_rest_at_every_cut()
    {
        var whole = MqttPackets.Publish("devices/d/messages/events/", [1, 2, 3], qos: 1);
        for (var cut = 0; cut < whole.Length; cut++)
        {
            var input = new ReadOnlySequence<byte>(whole[..cut]);
            Assert.Equal(ReadStatus.NeedMore, MqttReader.TryRead(ref input, out _, out _));
            Assert.Equal(cut, input.Length);
        }

        Assert.Equal(ReadStatus.Frame, Packets.TryRead(whole, out _, out _));
    }

    [Fact]
    public void A_gigabyte_length_is_refused_by_its_header()
    {
        Assert.Equal(ReadStatus.Malformed, Packets.TryRead([0x30, 0xFF, 0xFF, 0xFF, 0x7F], out _, out var fault));
        Assert.Equal(MqttFault.PacketTooLarge, fault);
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF }, (int)MqttFault.RemainingLengthTooLong)]
    [InlineData(new byte[] { 0x00, 0x00 }, (int)MqttFault.ReservedPacketType)]
    [InlineData(new byte[] { 0xF0, 0x00 }, (int)MqttFault.ReservedPacketType)]
    [InlineData(new byte[] { 0x36, 0x00 }, (int)MqttFault.QosThree)]
    [InlineData(new byte[] { 0x80, 0x00 }, (int)MqttFault.ReservedFlags)]
    [InlineData(new byte[] { 0xC1, 0x00 }, (int)MqttFault.ReservedFlags)]
    [InlineData(new byte[] { 0xC0, 0x01 }, (int)MqttFault.WrongLength)]
    [InlineData(new byte[] { 0x40, 0x03 }, (int)MqttFault.WrongLength)]
    [InlineData(new byte[] { (byte)'G', (byte)'E', (byte)'T', (byte)' ' }, (int)MqttFault.ReservedFlags)]
    public void What_no_later_byte_can_mend_is_malformed_at_once(byte[] bytes, int fault)
    {
        Assert.Equal(ReadStatus.Malformed, Packets.TryRead(bytes, out _, out var found));
        Assert.Equal((MqttFault)fault, found);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(200_000)]
    public void Remaining_lengths_are_read_as_they_are_written(int payload)
    {
        Assert.Equal(ReadStatus.Frame, Packets.TryRead(MqttPackets.Frame(0x30, new byte[payload]), out var frame, out _));
        Assert.Equal(payload, frame.Body.Length);
        Assert.Equal(MqttWriter.LengthBytes(payload), MqttPackets.Length(payload).Length);
    }

    [Fact]
    public void A_publish_says_what_it_carries_however_it_is_cut()
    {
        var bytes = MqttPackets.Publish("devices/d/messages/events/a=b", [9, 8, 7], qos: 1, id: 513, extraFlags: 9);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var input = Packets.InSegments(bytes, size);
            Assert.Equal(ReadStatus.Frame, MqttReader.TryRead(ref input, out var frame, out _));
            Assert.Equal(MqttFault.None, PublishPacket.TryParse(frame, out var packet));
            Assert.True(packet.Topic.SequenceEqual("devices/d/messages/events/a=b"u8));
            Assert.Equal([9, 8, 7], packet.Payload.ToArray());
            Assert.Equal((1, 513, true, true), (packet.Qos, packet.PacketId, packet.Retain, packet.Duplicate));
            Assert.True(input.IsEmpty);
        }
    }

    [Theory]
    [InlineData("", (int)MqttFault.EmptyTopic)]
    [InlineData("a/#", (int)MqttFault.WildcardInTopic)]
    [InlineData("a/+/b", (int)MqttFault.WildcardInTopic)]
    [InlineData("a\0b", (int)MqttFault.InvalidUtf8)]
    public void A_topic_that_breaks_the_rules_is_refused(string topic, int fault) => Assert.Equal((MqttFault)fault, ParsePublish(MqttPackets.Publish(topic, [])));

    [Fact]
    public void Invalid_utf8_a_lying_length_and_a_missing_packet_id_are_refused()
    {
        Assert.Equal(MqttFault.InvalidUtf8, ParsePublish(MqttPackets.Frame(0x30, [.. MqttPackets.Field(0xC3, 0x28)])));
        Assert.Equal(MqttFault.InvalidUtf8, ParsePublish(MqttPackets.Frame(0x30, [.. MqttPackets.Field(0xED, 0xA0, 0x80)])));
        Assert.Equal(MqttFault.Truncated, ParsePublish(MqttPackets.Frame(0x30, 0xFF, 0xFF, 1)));
        Assert.Equal(MqttFault.Truncated, ParsePublish(MqttPackets.Frame(0x30, 1)));
        Assert.Equal(MqttFault.Truncated, ParsePublish(MqttPackets.Frame(0x32, [.. MqttPackets.Text("a"), 1])));
        Assert.Equal(MqttFault.PacketIdentifierZero, ParsePublish(MqttPackets.Publish("a", [], qos: 1, id: 0)));
        Assert.Equal(MqttFault.TopicTooLong, ParsePublish(MqttPackets.Publish(new string('a', 60_000), [])));
    }

    private static MqttFault ParsePublish(byte[] bytes)
    {
        Assert.Equal(ReadStatus.Frame, Packets.TryRead(bytes, out var frame, out _));
        return PublishPacket.TryParse(frame, out _);
    }
}
