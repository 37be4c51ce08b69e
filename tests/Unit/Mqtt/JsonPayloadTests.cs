using System.Buffers;
using System.Text.Json;
using Xunit;

namespace Muster.Mqtt;

public sealed class JsonPayloadTests
{
    [Fact]
    public void What_a_device_answers_is_json_behind_the_hub_whatever_it_was()
    {
        byte[][] answers = [[], "{\"a\":1}"u8.ToArray(), "no json"u8.ToArray(), [(byte)'"', 0xFF, (byte)'"'], [0xC3]];
        var texts = answers.Select(bytes => JsonPayload.Of(new ReadOnlySequence<byte>(bytes))).ToArray();
        Assert.Equal(["null", "{\"a\":1}", "\"no json\""], texts[..3].Select(text => text.ToString()));
        Assert.All(texts, text => Assert.True(System.Text.Unicode.Utf8.IsValid(text.Span)));
        Assert.All(texts, text => JsonDocument.Parse(text.Memory).Dispose());
    }
}
