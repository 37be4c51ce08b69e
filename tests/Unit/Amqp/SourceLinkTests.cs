using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Xunit;

namespace Muster.Amqp;

public sealed class SourceLinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly byte[] Hello = Encoded("hello");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_delivery_comes_back_with_its_tag_and_its_outcome()
    {
        var tag = 0;
        var source = new TestSource(port =>
        {
            while (port.Room > 0 && tag < 3)
            {
                port.TrySend(Hello, tag++);
            }
        });
        await using var hub = await StartAsync(source);
        var link = await ReceiverAsync(hub);
        link.SetCredit(3, CreditMode.Manual);
        var messages = new[] { await link.ReceiveAsync(Patience), await link.ReceiveAsync(Patience), await link.ReceiveAsync(Patience) };
        link.Accept(messages[0]);
        link.Release(messages[1]);
        link.Reject(messages[2]);
        Assert.Equal((0, DeliveryOutcome.Accepted), await source.NextSettledAsync(Cancel));
        Assert.Equal((1, DeliveryOutcome.Released), await source.NextSettledAsync(Cancel));
        Assert.Equal((2, DeliveryOutcome.Rejected), await source.NextSettledAsync(Cancel));
    }

    [Fact]
    public async Task Modified_counts_as_released()
    {
        var source = new TestSource(port => port.TrySend(Hello, "tag"));
        await using var hub = await StartAsync(source);
        var link = await ReceiverAsync(hub);
        link.SetCredit(1, CreditMode.Manual);
        link.Modify(await link.ReceiveAsync(Patience), deliveryFailed: true);
        Assert.Equal(("tag", DeliveryOutcome.Released), await source.NextSettledAsync(Cancel));
    }

    /// <summary>The library makes 10, 0, 20, 0 of it.</summary>
    [Fact]
    public async Task A_flow_that_repeats_the_credit_gives_none_and_takes_none()
    {
        var source = new TestSource();
        await using var hub = await StartAsync(source);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        foreach (var credit in (uint[])[10, 10, 20, 20, 5])
        {
            await raw.SendAsync(RawAmqp.Frame(Flow(0, credit)), Cancel);
            Assert.Equal((int)credit, await source.NextCreditAsync(Cancel));
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.True(source.Port!.TrySend(Hello));
        }

        Assert.False(source.Port!.TrySend(Hello));
        await raw.SendAsync(RawAmqp.Frame(Flow(5, 2)), Cancel);
        Assert.Equal(2, await source.NextCreditAsync(Cancel));
        await raw.SendAsync(RawAmqp.Frame(Flow(3, 2)), Cancel);
        Assert.Equal(0, await source.NextCreditAsync(Cancel));
    }

    [Fact]
    public async Task A_source_that_sends_settled_does_so_whatever_the_client_asked_for()
    {
        var source = new TestSource();
        await using var hub = await AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Source(source) { SendsSettled = true }));
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        await raw.SendAsync(RawAmqp.Frame(Flow(0, 1)), Cancel);
        await source.NextCreditAsync(Cancel);
        Assert.True(source.Port!.TrySend(Hello));
        Assert.True((await raw.ReadAsync<Transfer>(Cancel)).Settled);
    }

    [Fact]
    public async Task A_drain_with_an_unchanged_limit_gives_the_whole_rest_back()
    {
        var source = new TestSource();
        await using var hub = await StartAsync(source);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        await raw.SendAsync(RawAmqp.Frame(Flow(0, 10)), Cancel);
        await source.NextCreditAsync(Cancel);
        source.Port!.CompleteDrain();
        Assert.True(source.Port.TrySend(Hello));
        await raw.ReadAsync<Transfer>(Cancel);
        await raw.SendAsync(RawAmqp.Frame(Flow(1, 9, drain: true)), Cancel);
        Assert.Equal(9, await source.NextCreditAsync(Cancel));
        Assert.True(source.Port.IsDraining);
        source.Port.CompleteDrain();
        Flow answer;
        do
        {
            answer = await raw.ReadAsync<Flow>(Cancel);
        }
        while (!answer.Drain);
        Assert.Equal((10u, 0u), (answer.DeliveryCount, answer.LinkCredit));
        Assert.Equal((0, false), (source.Port.Room, source.Port.IsDraining));
        await raw.SendAsync(RawAmqp.Frame(Flow(10, 1)), Cancel);
        Assert.Equal(1, await source.NextCreditAsync(Cancel));
    }

    [Fact]
    public async Task Credit_that_comes_with_the_attach_is_not_lost_while_a_room_decides()
    {
        var gate = new TaskCompletionSource();
        var source = new TestSource(port => port.TrySend(Hello));
        var route = new TestRoute(LinkClaim.Nothing.Instance, async _ =>
        {
            await gate.Task;
            return new LinkAnswer.Source(source);
        });
        await using var hub = await AmqpHub.StartAsync(routes: route);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await raw.SendAsync([.. RawAmqp.Frame(ReceiverAttach()), .. RawAmqp.Frame(Flow(null, 1))], Cancel);
        gate.SetResult();
        await raw.ReadAsync<Transfer>(Cancel);
    }

    [Fact]
    public async Task Who_never_settles_gets_no_more_than_the_bound_and_goes_on_when_it_settles()
    {
        var sent = 0;
        var source = new TestSource(port =>
        {
            while (port.TrySend(Hello))
            {
                sent++;
            }
        });
        await using var hub = await StartAsync(source);
        var link = await ReceiverAsync(hub);
        link.SetCredit(10_000, CreditMode.Manual);
        List<Message> messages = [];
        while (messages.Count < AmqpLimits.MaxUnsettled)
        {
            messages.Add(await link.ReceiveAsync(Patience));
        }

        Assert.Equal(AmqpLimits.MaxUnsettled, Volatile.Read(ref sent));
        messages.ForEach(link.Accept);
        await link.ReceiveAsync(Patience);
        Assert.True(Volatile.Read(ref sent) > AmqpLimits.MaxUnsettled);
    }

    [Fact]
    public async Task Who_grants_much_and_reads_nothing_holds_its_sender_and_costs_little()
    {
        var big = Encoded(new string('x', 10_000));
        var sent = 0;
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var source = new TestSource(port => _ = SendAsync(port));
        await using var hub = await AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Source(source) { SendsSettled = true }));
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        await raw.SendAsync(RawAmqp.Frame(Flow(0, 1_000_000_000, window: int.MaxValue)), Cancel);
        await waits.Task.WaitAsync(Patience, Cancel);
        Assert.True(Volatile.Read(ref sent) < 5000, $"{sent} of 10 KB were taken for a client that reads nothing");
        var before = Volatile.Read(ref sent);
        while (Volatile.Read(ref sent) == before)
        {
            await raw.ReadFrameAsync(Cancel);
        }

        async Task SendAsync(ISourcePort port)
        {
            while (port.TrySend(big))
            {
                Interlocked.Increment(ref sent);
                var room = port.WaitForRoomAsync();
                if (!room.IsCompleted)
                {
                    waits.TrySetResult();
                }

                await room;
            }
        }
    }

    [Fact]
    public async Task A_million_bytes_that_a_shut_session_window_held_back_do_not_count_once_the_link_is_gone()
    {
        var source = new TestSource(port => port.TrySend(Hello));
        await using var hub = await StartAsync(source);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        await raw.SendAsync(RawAmqp.Frame(Flow(0, 1000, window: 0)), Cancel);
        await source.NextCreditAsync(Cancel);
        var backlog = hub.Connections.Snapshot()[0].Transport.Backlog;
        await HoldsAsync(() => backlog.Bytes == Hello.Length);
        await raw.SendAsync(RawAmqp.Frame(new Detach { Handle = 0, Closed = true }), Cancel);
        await source.Closed.WaitAsync(Patience, Cancel);
        await HoldsAsync(() => backlog.Bytes == 0);
    }

    // The handler is told a moment before the count is.
    private static async Task HoldsAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
        }
    }

    [Fact]
    public async Task What_was_not_settled_comes_back_released_before_the_end_which_is_told_once()
    {
        foreach (var end in (Action<TestSource, ReceiverLink>[])
            [(_, link) => link.Close(TimeSpan.Zero), (_, link) => link.Session.Connection.Close(TimeSpan.Zero), (source, _) => source.Port!.Detach(null)])
        {
            var source = new TestSource(port => port.TrySend(Hello, "tag"));
            await using var hub = await StartAsync(source);
            var link = await ReceiverAsync(hub);
            link.SetCredit(1, CreditMode.Manual);
            await link.ReceiveAsync(Patience);
            end(source, link);
            await source.Closed.WaitAsync(Patience, Cancel);
            Assert.Equal((0, false), (source.Port!.Room, source.Port.TrySend(Hello)));

            // Whatever else could be told of the link has been once its connection is gone.
            link.Session.Connection.Close(TimeSpan.Zero);
            await HoldsAsync(() => hub.Connections.Count == 0);
            Assert.Equal([DeliveryOutcome.Released, null], source.Told);
        }
    }

    /// <summary>The library calls what it was just writing rejected where the link ends with an error; frames of 512 bytes keep it writing for long.</summary>
    [Fact]
    public async Task What_is_being_written_while_its_link_ends_with_an_error_comes_back_released_and_before_the_end()
    {
        var large = Encoded(new string('x', 900_000));
        for (var round = 0; round < 5; round++)
        {
            var sent = 0;
            var source = new TestSource(port =>
            {
                while (port.TrySend(large, "tag"))
                {
                    sent++;
                }
            });
            await using var hub = await StartAsync(source);
            using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel, maxFrameSize: 512);
            await AttachAsync(raw);
            await raw.SendAsync(RawAmqp.Frame(Flow(0, 8, window: int.MaxValue)), Cancel);
            await raw.ReadAsync<Transfer>(Cancel);
            source.Port!.Detach(new LinkError("amqp:link:stolen", "another has it"));
            await raw.ReadAsync<Detach>(Cancel);
            await raw.SendAsync(RawAmqp.Frame(new Detach { Handle = 0, Closed = true }), Cancel);
            await source.Closed.WaitAsync(Patience, Cancel);
            raw.Dispose();
            await HoldsAsync(() => hub.Connections.Count == 0);
            Assert.Equal([.. Enumerable.Repeat<DeliveryOutcome?>(DeliveryOutcome.Released, sent), null], source.Told);
        }
    }

    [Fact]
    public async Task Who_wants_settled_what_has_to_be_settled_is_told_otherwise()
    {
        var source = new TestSource(port => port.TrySend(Hello, "tag"));
        await using var hub = await StartAsync(source);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        var attach = ReceiverAttach();
        attach.SndSettleMode = SenderSettleMode.Settled;
        await raw.SendAsync(RawAmqp.Frame(attach), Cancel);
        Assert.Equal(SenderSettleMode.Unsettled, (await raw.ReadAsync<Attach>(Cancel)).SndSettleMode);
        await raw.SendAsync(RawAmqp.Frame(Flow(0, 1)), Cancel);
        var transfer = await raw.ReadAsync<Transfer>(Cancel);
        Assert.False(transfer.Settled);
        await raw.SendAsync(RawAmqp.Frame(new Dispose { Role = true, First = transfer.DeliveryId, Settled = true, State = new Accepted() }), Cancel);
        Assert.Equal(("tag", DeliveryOutcome.Accepted), await source.NextSettledAsync(Cancel));
    }

    [Fact]
    public async Task More_credit_than_there_are_numbers_is_much_credit()
    {
        var source = new TestSource();
        await using var hub = await StartAsync(source);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        await raw.SendAsync(RawAmqp.Frame(Flow(0, uint.MaxValue)), Cancel);
        Assert.Equal(int.MaxValue, await source.NextCreditAsync(Cancel));
    }

    [Fact]
    public async Task The_answer_echoes_filters_and_offers_only_what_the_room_does()
    {
        var source = new TestSource();
        var route = TestRoute.Open(_ => new LinkAnswer.Source(source) { OfferedCapabilities = ["one"] });
        await using var hub = await AmqpHub.StartAsync(routes: route);
        var asked = new Source { Address = "test", FilterSet = new Map { [new Symbol("f")] = new DescribedValue(7ul, "x > '1'") } };
        Attach? answer = null;
        await Attached.ReceiverAsync(new Session(await hub.ConnectAsync()), "l", asked, attach => answer = attach);
        Assert.Equal("x > '1'", ((DescribedValue)((Source)answer!.Source).FilterSet[new Symbol("f")]).Value);
        Assert.Equal("one", Assert.Single(answer.OfferedCapabilities));
        Assert.Equal("x > '1'", ((DescribedValue)Assert.Single(route.Seen).Filters![new Symbol("f")]).Value);
    }

    private static Task<AmqpHub> StartAsync(TestSource source) => AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Source(source)));

    private static async Task<ReceiverLink> ReceiverAsync(AmqpHub hub) =>
        await Attached.ReceiverAsync(new Session(await hub.ConnectAsync()), "l", new Source { Address = "test" });

    private static Attach ReceiverAttach() => new() { LinkName = "l", Handle = 0, Role = true, Source = new Source { Address = "test" }, Target = new Target() };

    private static async Task AttachAsync(RawAmqp raw)
    {
        await raw.SendAsync(RawAmqp.Frame(ReceiverAttach()), Cancel);
        await raw.ReadAsync<Attach>(Cancel);
    }

    private static Flow Flow(uint? deliveryCount, uint credit, bool drain = false, uint window = 2048)
    {
        var flow = new Flow { NextIncomingId = 0, IncomingWindow = window, NextOutgoingId = 0, OutgoingWindow = 2048, Handle = 0, LinkCredit = credit, Drain = drain };
        if (deliveryCount is { } count)
        {
            flow.DeliveryCount = count;
        }

        return flow;
    }

    private static byte[] Encoded(string text)
    {
        var bytes = new Message { BodySection = new Data { Binary = System.Text.Encoding.UTF8.GetBytes(text) } }.Encode();
        return bytes.Buffer.AsSpan(bytes.Offset, bytes.Length).ToArray();
    }
}
