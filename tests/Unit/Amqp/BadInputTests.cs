using System.Text;
using Amqp;
using Amqp.Framing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Muster.Amqp;

/// <summary>Whatever comes, that connection ends, and nothing else notices.</summary>
public sealed class BadInputTests
{
    private static readonly byte[] Header = SaslFrames.AmqpHeader.ToArray();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[]> Inputs => new()
    {
        { "plain text", Encoding.ASCII.GetBytes("hello, who is there?\r\n") },
        { "HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: hub.test\r\n\r\n") },
        { "TLS on a plain port", [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 1, 2, 3, 4, 5] },
        { "another version", [.. "AMQP"u8, 0, 9, 9, 1] },
        { "a TLS header", [.. "AMQP"u8, 2, 1, 0, 0] },
        { "a frame of 0 bytes", [.. Header, 0, 0, 0, 0, 2, 0, 0, 0] },
        { "a frame of 3 bytes", [.. Header, 0, 0, 0, 3, 2, 0, 0, 0] },
        { "a frame of 4 GiB", [.. Header, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0] },
        { "a frame that says 1 GiB", [.. Header, 0x40, 0, 0, 0, 2, 0, 0, 0] },
        { "a data offset in the header", [.. Header, 0, 0, 0, 8, 1, 0, 0, 0] },
        { "a data offset behind the frame", [.. Header, 0, 0, 0, 8, 200, 0, 0, 0] },
        { "a frame of another type", [.. Header, 0, 0, 0, 8, 2, 7, 0, 0] },
        { "a transfer before all", [.. Header, .. RawAmqp.Frame(new Transfer { Handle = 0 })] },
        { "an unknown performative", [.. Header, .. RawAmqp.Frame([0x00, 0x53, 0x77, 0x45])] },
        { "an open that lies about its list", [.. Header, .. RawAmqp.Frame([0x00, 0x53, 0x10, 0xd0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 9])] },
        { "an open with endless fields", [.. Header, .. RawAmqp.Frame([0x00, 0x53, 0x10, 0xd0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff])] },
        { "described values 20,000 deep", [.. Header, .. RawAmqp.Frame(Enumerable.Repeat((byte)0x00, 20_000).ToArray())] },
        { "an array of 200,000,000 nulls", [.. Header, .. RawAmqp.Frame([0x00, 0x53, 0x10, 0xf0, 0, 0, 0, 5, 0x0b, 0xeb, 0xc2, 0, 0x40])] },
        { "an open with frames of 1 byte", [.. Header, .. RawAmqp.Frame(RawAmqp.Open(maxFrameSize: 1))] },
        { "an open that wants to hear from us each millisecond", [.. Header, .. RawAmqp.Frame(new Open { ContainerId = "raw", IdleTimeOut = 1 })] },
        { "an open behind a header that says it is elsewhere", [.. Header, .. Elsewhere(RawAmqp.Frame(RawAmqp.Open()))] },
        { "an open with its descriptor in full", [.. Header, .. InFull(RawAmqp.Frame(RawAmqp.Open()))] },
        { "an attach of 9 KB", [.. Header, .. Session(), .. RawAmqp.Frame(Attach(new string('l', 9000)))] },
        { "a transfer on no link", [.. Header, .. Session(), .. RawAmqp.Frame(new Transfer { Handle = 200, DeliveryId = 0, DeliveryTag = [1] })] },
        { "a transfer without a handle", [.. Header, .. Session(), .. RawAmqp.Frame([0x00, 0x53, 0x14, 0x45])] },
        { "a flow with a handle of another type", [.. Header, .. Session(), .. RawAmqp.Frame([0x00, 0x53, 0x13, 0xc0, 7, 5, 0x40, 0x40, 0x40, 0x40, 0xa1, 0])] },
        { "a session on a channel that cannot be", [.. Header, .. RawAmqp.Frame(RawAmqp.Open()), 0, 0, 0, 8, 2, 0, 0xff, 0xff, .. Session()] },
        { "a SASL frame of 11 bytes", [.. SaslFrames.SaslHeader, 0, 0, 0, 11, 2, 1, 0, 0, 0, 0, 0] },
        { "a SASL frame of 1 MiB", [.. SaslFrames.SaslHeader, 0, 16, 0, 0, 2, 1, 0, 0] },
        { "garbage for a SASL init", [.. SaslFrames.SaslHeader, .. RawAmqp.Frame([0x00, 0x53, 0x41, 0xd0, 0xff, 0xff, 0xff, 0xff], type: 1)] },
        { "an outcome for a SASL init", [.. SaslFrames.SaslHeader, .. RawAmqp.Frame([0x00, 0x53, 0x44, 0xc0, 3, 1, 0x50, 0], type: 1)] },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task It_ends_that_connection_and_nothing_else(string what, byte[] input)
    {
        await using var hub = await AmqpHub.StartAsync();
        var other = await hub.ConnectAsync();
        using (var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel))
        {
            await raw.SendAsync(input, Cancel);
            var answer = await raw.ReadToEndAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(10), Cancel);
            Assert.True(answer.Length < 1024, $"{what} was answered with {answer.Length} bytes");
        }

        await new Session(other).CloseAsync();
        await other.CloseAsync();
    }

    [Fact]
    public async Task Who_says_nothing_is_cut_off_before_and_after_Open()
    {
        await using var hub = await AmqpHub.StartAsync(connectTimeout: TimeSpan.FromSeconds(1));
        foreach (var start in (byte[][])[[], Header, SaslFrames.SaslHeader.ToArray(), [.. Header, .. RawAmqp.Frame(RawAmqp.Open())]])
        {
            using var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel);
            await raw.SendAsync(start, Cancel);
            await raw.ReadToEndAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(15), Cancel);
        }
    }

    [Fact]
    public async Task A_message_without_end_is_cut_off_at_a_mebibyte()
    {
        var sink = new TestSink();
        await using var hub = await AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Sink(sink, 10, 4096)));
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await raw.SendAsync(RawAmqp.Frame(new Attach { LinkName = "l", Handle = 0, Role = false, Target = new Target { Address = "test" }, Source = new Source() }), Cancel);
        await raw.ReadAsync<Attach>(Cancel);
        var sent = 0;
        try
        {
            for (var frame = 0; frame < 100; frame++, sent += 32 * 1024)
            {
                var transfer = new Transfer { Handle = 0, More = true };
                if (frame == 0)
                {
                    (transfer.DeliveryId, transfer.DeliveryTag) = (0, [1]);
                }

                await raw.SendAsync(RawAmqp.Frame(transfer, new byte[32 * 1024]), Cancel);
            }

            await raw.ReadToEndAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        }
        catch (IOException)
        {
            // Cut off while it sent.
        }

        await sink.Closed.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(1, sink.Closes);
    }

    [Fact]
    public async Task A_message_that_nests_without_end_ends_its_connection_alone()
    {
        var sink = new TestSink();
        await using var hub = await AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Sink(sink, 10, 1_000_000)));
        var other = await hub.ConnectAsync();
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await raw.SendAsync(RawAmqp.Frame(new Attach { LinkName = "l", Handle = 0, Role = false, Target = new Target { Address = "test" }, Source = new Source() }), Cancel);
        await raw.ReadAsync<Attach>(Cancel);
        for (var frame = 0; frame < 15; frame++)
        {
            await raw.SendAsync(RawAmqp.Frame(new Transfer { Handle = 0, DeliveryId = 0, DeliveryTag = [1], More = frame < 14 }, new byte[60_000]), Cancel);
        }

        Assert.NotNull((await raw.ReadAsync<Close>(Cancel)).Error);
        Assert.Equal(0, sink.Received);
        await new Session(other).CloseAsync();
    }

    /// <summary>Each is refused, and detached by nobody: the library keeps them all.</summary>
    [Fact]
    public async Task Who_has_proved_nothing_and_attaches_on_and_on_is_cut_off()
    {
        await using var hub = await AmqpHub.StartAsync();
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        for (uint i = 0; i <= AmqpLimits.MaxUnprovedLinks + AmqpLimits.MaxEndedLinks; i++)
        {
            await raw.SendAsync(RawAmqp.Frame(Attach($"l{i}", i)), Cancel);
        }

        Assert.Equal("amqp:resource-limit-exceeded", (await raw.ReadAsync<Close>(Cancel)).Error.Condition);
    }

    [Fact]
    public async Task Who_attaches_is_refused_and_detaches_may_do_so_for_ever()
    {
        await using var hub = await AmqpHub.StartAsync();
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        for (var i = 0; i < 200; i++)
        {
            await raw.SendAsync(RawAmqp.Frame(Attach($"l{i}")), Cancel);
            Assert.Equal("amqp:not-found", (await raw.ReadAsync<Detach>(Cancel)).Error.Condition);
            await raw.SendAsync(RawAmqp.Frame(new Detach { Handle = 0, Closed = true }), Cancel);
        }
    }

    [Fact]
    public async Task More_than_the_allowed_connections_are_closed_before_they_proved_anything()
    {
        await using var hub = await AmqpHub.StartAsync();
        var limit = hub.Services.GetRequiredService<UnprovedLimit>();
        var places = Enumerable.Range(0, new HubOptions().MaxPendingConnects).Select(_ => limit.TryEnter()).ToArray();
        Assert.DoesNotContain(null, places);
        using (var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel))
        {
            await raw.SendAsync(Header, Cancel);
            Assert.Empty(await raw.ReadToEndAsync(Cancel));
        }

        places[0]!.Release();
        places[0]!.Release();
        await (await hub.ConnectAsync()).CloseAsync();
    }

    private static Attach Attach(string name, uint handle = 0) =>
        new() { LinkName = name, Handle = handle, Role = true, Source = new Source { Address = "nowhere" }, Target = new Target() };

    /// <summary>The same frame, its descriptor a ulong of eight bytes: the library takes it.</summary>
    private static byte[] InFull(byte[] frame) => RawAmqp.Frame([0x00, 0x80, 0, 0, 0, 0, 0, 0, 0, frame[10], .. frame[11..]]);

    private static byte[] Elsewhere(byte[] frame) => [.. frame[..4], 3, .. frame[5..]];

    private static byte[] Session() => [.. RawAmqp.Frame(RawAmqp.Open()), .. RawAmqp.Frame(new Begin { IncomingWindow = 1, OutgoingWindow = 1, NextOutgoingId = 0 })];
}
