using System.Buffers;
using System.IO.Pipelines;
using Xunit;

namespace Muster.Mqtt;

public sealed class OutboxTests
{
    [Fact]
    public async Task What_comes_while_a_flush_waits_is_set_aside_up_to_a_bound_and_leaves_in_order()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 8, resumeWriterThreshold: 4, useSynchronizationContext: false));
        var outbox = new Outbox(pipe.Writer, maxMessages: 2, maxBytes: 64);
        Assert.Equal(SendResult.Accepted, outbox.Send(new OutgoingPublish("first"u8, default)));
        outbox.Flush();
        Assert.Equal(SendResult.Accepted, outbox.Send(new OutgoingPublish("b"u8, default)));
        Assert.Equal(SendResult.Accepted, outbox.Send(new OutgoingPublish("c"u8, default)));
        Assert.Equal(SendResult.Full, outbox.Send(new OutgoingPublish("d"u8, default)));
        Assert.Equal(SendResult.Accepted, outbox.Answer(new PingRespPacket()));
        Assert.Equal(SendResult.Full, outbox.Answer(new OutgoingPublish("e"u8, new byte[64])));

        byte[] expected = [0x30, 7, 0, 5, .. "first"u8, 0x30, 3, 0, 1, (byte)'b', 0x30, 3, 0, 1, (byte)'c', 0xD0, 0];
        var read = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected[..9], read.Buffer.ToArray());
        pipe.Reader.AdvanceTo(read.Buffer.End);
        read = await pipe.Reader.ReadAtLeastAsync(expected.Length - 9, TestContext.Current.CancellationToken);
        Assert.Equal(expected[9..], read.Buffer.ToArray());
        Assert.Equal(SendResult.Accepted, outbox.Send(new OutgoingPublish("f"u8, default)));
    }

    [Fact]
    public async Task A_closed_outbox_takes_nothing_and_has_sent_what_it_had()
    {
        var pipe = new Pipe();
        var outbox = new Outbox(pipe.Writer, maxMessages: 2, maxBytes: 64);
        outbox.Answer(new PingRespPacket());
        await outbox.CloseAsync();
        Assert.Equal(SendResult.Closed, outbox.Answer(new PingRespPacket()));
        var read = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal([0xD0, 0], read.Buffer.ToArray());
    }
}
