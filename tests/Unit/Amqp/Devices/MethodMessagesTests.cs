using Amqp;
using Amqp.Framing;
using Muster.Json;
using Muster.Methods;
using Xunit;

namespace Muster.Amqp;

public sealed class MethodMessagesTests
{
    [Fact]
    public void A_request_names_the_method_and_its_answer_finds_it_by_a_uuid()
    {
        var encoded = MethodMessages.Request(new MethodCall { Name = "reboot", Payload = JsonUtf8.Parse("""{"in":5}""") }, 0x1234567890);
        var request = Message.Decode(new ByteBuffer(encoded, 0, encoded.Length, encoded.Length));
        Assert.Equal("reboot", request.ApplicationProperties["IoThub-methodname"]);
        Assert.Equal("""{"in":5}"""u8.ToArray(), ((Data)request.BodySection).Binary);

        var id = Assert.IsType<Guid>(request.Properties.GetCorrelationId());
        byte[] wire = new byte[16];
        id.TryWriteBytes(wire, bigEndian: true, out _);
        foreach (var echo in (object[])[id, id.ToString(), wire])
        {
            Assert.True(MethodMessages.TryRead(Answer(-5), echo, out var requestId, out var status));
            Assert.Equal((0x1234567890, -5), (requestId, status));
        }
    }

    [Theory]
    [InlineData(200)]
    [InlineData(200L)]
    [InlineData((byte)200)]
    [InlineData(200.0)]
    [InlineData("200")]
    public void A_status_is_a_number_of_any_type(object status)
    {
        Assert.True(MethodMessages.TryRead(Answer(status), Guid.Parse("00000000-0000-0000-0000-000000000001"), out _, out var read));
        Assert.Equal(200, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("many")]
    [InlineData(true)]
    [InlineData(1e20)]
    public void An_answer_without_a_status_is_none(object? status) =>
        Assert.False(MethodMessages.TryRead(Answer(status), Guid.Parse("00000000-0000-0000-0000-000000000001"), out _, out _));

    [Fact]
    public void An_answer_to_nothing_of_ours_is_none()
    {
        foreach (var id in (object?[])[null, "text", 7ul, Guid.Empty, Guid.Parse("10000000-0000-0000-0000-000000000001")])
        {
            Assert.False(MethodMessages.TryRead(Answer(200), id, out _, out _));
        }
    }

    private static Message Answer(object? status) => new() { ApplicationProperties = new ApplicationProperties { ["IoThub-status"] = status } };
}
