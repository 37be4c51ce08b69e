using System.Buffers;
using System.Text;
using CsCheck;
using Muster.Telemetry;
using Xunit;

namespace Muster.Mqtt;

public sealed class PropertyBagTests
{
    private static readonly EventOrigin Origin = new("d", null, "1", "{}");

    [Fact]
    public void The_bag_that_nodes_sdk_sends_is_read()
    {
        var stored = Read("%24.mid=m-1&%24.ct=application%2Fjson&%24.ce=utf-8&k%201=v%2F%26%3D%C3%A9&%24.sub=comp");
        Assert.Equal([new("k 1", "v/&=é")], stored.Properties);
        Assert.Equal(
            [new("message-id", "m-1"), new("content-type", "application/json"), new("content-encoding", "utf-8"), new("dt-subject", "comp")],
            stored.SystemProperties.Take(4));
    }

    [Theory]
    [InlineData("k", "k", null)]
    [InlineData("k=", "k", "")]
    [InlineData("k=a=b", "k", "a=b")]
    [InlineData("k=a+b", "k", "a+b")]
    [InlineData("&k=v&", "k", "v")]
    [InlineData("k=v/", "k", "v")]
    [InlineData("k=v%2F/", "k", "v/")]
    [InlineData("$.ctime=2026-01-01T00:00:00Z", "iothub-creation-time-utc", "2026-01-01T00:00:00Z")]
    [InlineData("$.schema=s", "$.schema", "s")]
    [InlineData("%24.cdid=other", "$.cdid", "other")]
    public void Each_form_of_a_property_has_its_meaning(string bag, string name, string? value) =>
        Assert.Equal([new(name, value)], Read(bag).Properties);

    [Fact]
    public void An_empty_bag_and_a_lone_slash_hold_nothing()
    {
        Assert.Empty(Read("").Properties);
        Assert.Empty(Read("/").Properties);
    }

    [Fact]
    public void Retained_messages_and_wills_are_marked()
    {
        Assert.Equal([new("mqtt-retain", "true"), new("a", "b")], Read("a=b", MessageMarks.Retain).Properties);
        Assert.Equal([new("iothub-MessageType", "Will")], Read("", MessageMarks.Will).Properties);
    }

    [Theory]
    [InlineData("k=%")]
    [InlineData("k=%4")]
    [InlineData("k=%zz")]
    [InlineData("k%4")]
    [InlineData("k=%C3%28")]
    [InlineData("k=%00")]
    [InlineData("=v")]
    public void Malformed_encoding_is_refused(string bag) => Assert.Equal(MqttFault.PropertyEncoding, Write(bag, MessageMarks.None, out _));

    [Fact]
    public void Properties_end_at_eight_kilobytes_decoded()
    {
        Assert.Equal(MqttFault.None, Write("k=" + new string('a', PacketLimits.MaxPropertyBytes - 1), MessageMarks.None, out _));
        Assert.Equal(MqttFault.PropertiesTooLarge, Write("k=" + new string('a', PacketLimits.MaxPropertyBytes), MessageMarks.None, out _));
        Assert.Equal(MqttFault.None, Write("k=" + string.Concat(Enumerable.Repeat("%41", PacketLimits.MaxPropertyBytes - 1)), MessageMarks.None, out _));
    }

    [Fact]
    public void Whatever_was_percent_encoded_comes_back()
    {
        var text = Gen.String[Gen.Char['\u0001', '\ud7ff'], 1, 30];
        Gen.Select(text, text.Null()).List[1, 8].Sample(pairs =>
        {
            var bag = string.Join('&', pairs.Select(p => Uri.EscapeDataString("x" + p.Item1) + (p.Item2 is null ? "" : "=" + Uri.EscapeDataString(p.Item2))));
            Assert.Equal(pairs.Select(p => new EventProperty("x" + p.Item1, p.Item2)), Read(bag).Properties);
        });
    }

    private static StoredEvent Read(string bag, MessageMarks marks = MessageMarks.None)
    {
        Assert.Equal(MqttFault.None, Write(bag, marks, out var record));
        return EventRecord.Decode(record.AsSpan(4), 0, 0, default);
    }

    private static MqttFault Write(string bag, MessageMarks marks, out byte[] record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new EventWriter(buffer, Origin, EventSource.Telemetry);
        var fault = PropertyBag.Write(Encoding.UTF8.GetBytes(bag), marks, ref writer, out _);
        writer.End(default);
        record = buffer.WrittenSpan.ToArray();
        return fault;
    }
}
