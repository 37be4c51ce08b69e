using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Json;
using Muster.Twins;
using Xunit;

namespace Muster.Amqp;

public sealed class TwinMessagesTests
{
    [Theory]
    [InlineData("GET", null, TwinOperation.Get)]
    [InlineData("PATCH", "/properties/reported", TwinOperation.Report)]
    [InlineData("PATCH", "/properties/reported/", TwinOperation.Report)]
    [InlineData("PUT", "/notifications/twin/properties/desired", TwinOperation.Listen)]
    [InlineData("DELETE", "/notifications/twin/properties/desired", TwinOperation.StopListening)]
    [InlineData("PATCH", "/properties/desired", TwinOperation.Unknown)]
    [InlineData("PUT", null, TwinOperation.Unknown)]
    [InlineData(null, null, TwinOperation.Unknown)]
    internal void Operation_and_resource_say_what_is_asked(string? operation, string? resource, TwinOperation expected)
    {
        var annotations = new MessageAnnotations();
        foreach (var (name, value) in new[] { ("operation", operation), ("resource", resource) })
        {
            if (value is not null)
            {
                annotations[new Symbol(name)] = value;
            }
        }

        Assert.Equal(expected, TwinMessages.OperationOf(new Message { MessageAnnotations = annotations }));
    }

    [Fact]
    public void A_version_is_any_number_and_nothing_else()
    {
        foreach (var (given, expected) in new (object?, long?)[] { (3, 3), (3L, 3), ("3", 3), (null, null) })
        {
            Assert.True(TwinMessages.TryVersion(Versioned(given), out var version));
            Assert.Equal(expected, version);
        }

        Assert.False(TwinMessages.TryVersion(Versioned("three"), out _));
        Assert.False(TwinMessages.TryVersion(Versioned(1.5), out _));
    }

    [Fact]
    public void An_answer_echoes_the_id_as_it_came_and_carries_status_and_version()
    {
        foreach (var id in (object[])["text", Guid.NewGuid(), 7ul])
        {
            var answer = Decode(TwinMessages.Answer(id, 204, 12, default));
            Assert.Equal(id, answer.Properties.GetCorrelationId());
            Assert.Equal((204, 12L), (answer.MessageAnnotations[new Symbol("status")], answer.MessageAnnotations[new Symbol("version")]));
            Assert.Empty(((Data)answer.BodySection).Binary);
        }
    }

    [Fact]
    public void A_change_has_no_correlation_id()
    {
        var change = Decode(TwinMessages.Change(new DesiredChange(JsonUtf8.Parse("""{"a":null,"$version":4}"""), 4)));
        Assert.Null(change.Properties?.GetCorrelationId());
        Assert.Equal("/notifications/twin/properties/desired", change.MessageAnnotations[new Symbol("resource")]);
        Assert.Equal(4L, change.MessageAnnotations[new Symbol("version")]);
        Assert.Equal("""{"a":null,"$version":4}"""u8.ToArray(), ((Data)change.BodySection).Binary);
    }

    private static Message Versioned(object? version) => new()
    {
        MessageAnnotations = version is null ? null : new MessageAnnotations { [new Symbol("version")] = version },
    };

    private static Message Decode(byte[] encoded) => Message.Decode(new ByteBuffer(encoded, 0, encoded.Length, encoded.Length));
}
