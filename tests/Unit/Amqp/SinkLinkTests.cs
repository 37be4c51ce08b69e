using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Xunit;

namespace Muster.Amqp;

public sealed class SinkLinkTests
{
    private static readonly int InFlightStop = new HubOptions().MaxInFlightBytes;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_are_settled_late_out_of_order_and_each_in_its_own_way()
    {
        var sink = new TestSink();
        await using var hub = await StartAsync(sink, credit: 10);
        var link = await SenderAsync(hub);
        var outcomes = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<Outcome>()).ToArray();
        for (var i = 0; i < 3; i++)
        {
            link.Send(Text($"m{i}"), (_, _, outcome, state) => ((TaskCompletionSource<Outcome>)state).TrySetResult(outcome), outcomes[i]);
        }

        IncomingMessage[] messages = [await sink.NextAsync(Cancel), await sink.NextAsync(Cancel), await sink.NextAsync(Cancel)];
        messages[2].Release();
        messages[0].Reject(new LinkError("com.microsoft:argument-error", "no"));
        messages[1].Accept();
        messages[1].Reject(new LinkError("amqp:not-allowed", "the first word counts"));
        var rejected = Assert.IsType<Rejected>(await outcomes[0].Task.WaitAsync(Patience, Cancel));
        Assert.Equal(("com.microsoft:argument-error", "no"), ((string)rejected.Error.Condition, rejected.Error.Description));
        Assert.IsType<Accepted>(await outcomes[1].Task.WaitAsync(Patience, Cancel));
        Assert.IsType<Released>(await outcomes[2].Task.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Credit_comes_back_with_settlements_alone()
    {
        var sink = new TestSink();
        await using var hub = await StartAsync(sink, credit: 4);
        var link = await SenderAsync(hub);
        for (var i = 0; i < 12; i++)
        {
            link.Send(Text($"{i}"), null, null);
        }

        List<IncomingMessage> held = [];
        for (var i = 0; i < 4; i++)
        {
            held.Add(await sink.NextAsync(Cancel));
        }

        // Whatever the client had credit for has come before this is answered.
        await new Session(link.Session.Connection).CloseAsync();
        Assert.Equal(4, sink.Received);
        held.ForEach(message => message.Accept());
        await sink.NextAsync(Cancel);
    }

    [Fact]
    public async Task However_many_messages_pass_no_more_than_the_credit_is_unsettled()
    {
        var (unsettled, most, sum) = (0, 0, 0);
        var sink = new TestSink(message =>
        {
            most = Math.Max(most, Interlocked.Increment(ref unsettled));
            sum += (int)((AmqpValue)message.Message.BodySection).Value;
            ThreadPool.QueueUserWorkItem(_ =>
            {
                Interlocked.Decrement(ref unsettled);
                message.Accept();
            });
        });
        await using var hub = await StartAsync(sink, credit: 8);
        var link = await SenderAsync(hub);
        await Task.WhenAll(Enumerable.Range(1, 1000).Select(i => link.SendAsync(new Message(i))));
        Assert.Equal(500_500, sum);
        Assert.InRange(most, 1, 9);
    }

    [Fact]
    public async Task However_large_messages_are_no_more_bytes_than_the_connection_may_have_are_unsettled()
    {
        const int Size = 250_000;
        var (unsettled, most) = (0L, 0L);
        var sink = new TestSink(message => most = Math.Max(most, Interlocked.Add(ref unsettled, message.Size)));
        await using var hub = await StartAsync(sink, credit: 100, maxMessageSize: 300_000);
        var link = await SenderAsync(hub);
        var sent = Enumerable.Range(0, 60).Select(_ => link.SendAsync(new Message { BodySection = new Data { Binary = new byte[Size] } })).ToArray();

        // The client has credit for all of them; they come as far as others are settled.
        List<IncomingMessage> held = [];
        while (held.Sum(message => (long)message.Size) < InFlightStop)
        {
            held.Add(await sink.NextAsync(Cancel));
        }

        for (var i = 0; i < sent.Length; i++)
        {
            var message = i < held.Count ? held[i] : await sink.NextAsync(Cancel);
            Interlocked.Add(ref unsettled, -message.Size);
            message.Accept();
        }

        await Task.WhenAll(sent);
        Assert.InRange(most, InFlightStop, InFlightStop + (2 * Size));
    }

    [Fact]
    public async Task A_link_that_ends_with_messages_that_nobody_settled_holds_nothing_of_its_connection_back()
    {
        var sink = new TestSink();
        await using var hub = await AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Sink(sink, 100, 300_000)));
        var session = new Session(await hub.ConnectAsync());
        for (var i = 0; i < 3; i++)
        {
            sink = new TestSink();
            var link = await Attached.SenderAsync(session, $"l{i}", "test");
            for (var bytes = 0; bytes < InFlightStop - 500_000; bytes += 250_000)
            {
                link.Send(new Message { BodySection = new Data { Binary = new byte[250_000] } }, null, null);
                await sink.NextAsync(Cancel);
            }

            await link.CloseAsync();
            await sink.Closed.WaitAsync(Patience, Cancel);
            Assert.Equal(0, hub.Connections.Snapshot()[0].Transport.InFlight.Bytes);
        }
    }

    [Fact]
    public async Task Ids_of_every_type_are_read_and_the_size_is_that_of_the_encoded_message()
    {
        var sink = new TestSink(message => message.Accept());
        await using var hub = await StartAsync(sink, credit: 10);
        var link = await SenderAsync(hub);
        foreach (var id in (object[])["text", Guid.NewGuid(), 7ul, (byte[])[1, 2]])
        {
            var message = new Message { Properties = new Properties(), BodySection = new Data { Binary = new byte[100_000] } };
            message.Properties.SetMessageId(id);
            message.Properties.SetCorrelationId(id);
            var size = message.Encode().Length;
            await link.SendAsync(message);
            var got = await sink.NextAsync(Cancel);
            Assert.Equal([id, id, size], [got.MessageId, got.CorrelationId, got.Size]);
        }
    }

    [Fact]
    public async Task A_message_that_is_too_large_ends_the_link_and_the_next_link_works()
    {
        var sink = new TestSink(message => message.Accept());
        await using var hub = await StartAsync(sink, credit: 10, maxMessageSize: 200_000);
        var session = new Session(await hub.ConnectAsync());
        var link = await Attached.SenderAsync(session, "l", "test");
        var large = link.SendAsync(new Message { BodySection = new Data { Binary = new byte[300_000] } });
        var error = await Attached.ClosedAsync(link);
        Assert.Equal("amqp:link:message-size-exceeded", error.Condition);
        await Assert.ThrowsAsync<AmqpException>(() => large);

        var next = await Attached.SenderAsync(session, "next", "test");
        await next.SendAsync(Text("small"));
    }

    [Fact]
    public async Task A_handler_that_fails_costs_its_link_and_not_the_connection()
    {
        var sink = new TestSink(_ => throw new InvalidOperationException("a bug"));
        await using var hub = await StartAsync(sink, credit: 10);
        var connection = await hub.ConnectAsync();
        var link = await Attached.SenderAsync(new Session(connection), "l", "test");
        link.Send(Text("x"), null, null);
        Assert.Equal("amqp:internal-error", (await Attached.ClosedAsync(link)).Condition);
        await sink.Closed.WaitAsync(Patience, Cancel);
        await new Session(connection).CloseAsync();
    }

    [Fact]
    public async Task Who_sends_without_credit_is_detached()
    {
        var sink = new TestSink();
        await using var hub = await StartAsync(sink, credit: 2);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);

        // Twice the credit and 16 are borne, and the next is not; more than that would end the connection, and its reset could overtake the detach.
        for (uint i = 0; i < (2 * 2) + 16 + 1; i++)
        {
            await SendAsync(raw, i, Text("x"));
        }

        Assert.Equal("amqp:link:transfer-limit-exceeded", (await raw.ReadAsync<Detach>(Cancel)).Error.Condition);
    }

    [Fact]
    public async Task Who_goes_on_sending_on_a_link_that_was_detached_loses_its_connection()
    {
        var sink = new TestSink();
        await using var hub = await StartAsync(sink, credit: 2);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        sink.Port!.Detach(null);
        await raw.ReadAsync<Detach>(Cancel);
        for (uint i = 0; i < 2 + 16 + 1; i++)
        {
            await SendAsync(raw, i, Text("x"));
        }

        Assert.Equal("amqp:link:transfer-limit-exceeded", (await raw.ReadAsync<Close>(Cancel)).Error.Condition);
        Assert.Equal(0, sink.Received);
    }

    [Fact]
    public async Task While_too_many_bytes_are_not_settled_the_connection_is_not_read_on()
    {
        var sink = new TestSink();
        await using var hub = await StartAsync(sink, credit: 100);
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        await AttachAsync(raw);
        var enough = (new HubOptions().MaxInFlightBytes / 60_000) + 1;
        for (uint i = 0; i < enough + 5; i++)
        {
            await SendAsync(raw, i, new Message { BodySection = new Data { Binary = new byte[60_000] } });
        }

        List<IncomingMessage> held = [];
        while (held.Count < enough)
        {
            held.Add(await sink.NextAsync(Cancel));
        }

        // Would be answered at once.
        await raw.SendAsync(RawAmqp.Frame(new Begin { IncomingWindow = 1, OutgoingWindow = 1, NextOutgoingId = 0 }, channel: 1), Cancel);
        var answer = raw.ReadAsync<Begin>(Cancel);
        await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(300), Cancel));
        Assert.False(answer.IsCompleted);
        Assert.Equal(enough, sink.Received);

        held.ForEach(message => message.Accept());
        await answer.WaitAsync(Patience, Cancel);
        Assert.Equal(enough + 5, sink.Received);
    }

    [Fact]
    public async Task A_handler_that_fails_leaves_no_bytes_behind()
    {
        var sink = new TestSink(_ => throw new InvalidOperationException("a bug"));
        await using var hub = await StartAsync(sink, credit: 10);
        var link = await SenderAsync(hub);
        var peer = Assert.Single(hub.Connections.Snapshot());
        link.Send(Text("x"), null, null);
        await Attached.ClosedAsync(link);
        Assert.Equal(0, peer.Transport.InFlight.Bytes);
    }

    [Fact]
    public async Task The_end_is_told_once_whoever_makes_it()
    {
        foreach (var end in (Action<TestSink, SenderLink>[])
            [(_, link) => link.Close(TimeSpan.Zero), (_, link) => link.Session.Close(TimeSpan.Zero), (_, link) => link.Session.Connection.Close(TimeSpan.Zero),
                (sink, _) => sink.Port!.Detach(null), (sink, _) => sink.Port!.Request.Peer.Close(new LinkError("amqp:connection:forced", "go"))])
        {
            var sink = new TestSink();
            await using var hub = await StartAsync(sink, credit: 2);
            var link = await SenderAsync(hub);
            link.Send(Text("unsettled"), null, null);
            var message = await sink.NextAsync(Cancel);
            end(sink, link);
            await sink.Closed.WaitAsync(Patience, Cancel);
            message.Accept();
            Assert.Equal((1, true), (sink.Closes, sink.Port!.IsClosed));
        }
    }

    [Fact]
    public async Task A_room_may_take_its_time_and_may_refuse()
    {
        var gate = new TaskCompletionSource();
        var sink = new TestSink(message => message.Accept());
        var route = new TestRoute(LinkClaim.Nothing.Instance, async request =>
        {
            await gate.Task;
            return request.Name == "no" ? new LinkAnswer.Refused(new LinkError("amqp:link:stolen", "another has it")) : new LinkAnswer.Sink(sink, 5, 1000);
        });
        await using var hub = await AmqpHub.StartAsync(routes: route);
        var session = new Session(await hub.ConnectAsync());
        var (yes, no) = (new SenderLink(session, "yes", "test"), new SenderLink(session, "no", "test"));
        var sending = yes.SendAsync(Text("as soon as there is credit"));
        var leaving = new SenderLink(session, "leaving", "test").CloseAsync();
        gate.SetResult();
        await sending.WaitAsync(Patience, Cancel);
        Assert.Equal("amqp:link:stolen", (await Attached.ClosedAsync(no)).Condition);
        await leaving.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task What_a_room_opens_too_late_is_given_back()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var (asked, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var sink = new TestSink();
        var route = new TestRoute(new LinkClaim.Policy(AccessRights.ServiceConnect, null), async _ =>
        {
            asked.SetResult();
            await gate.Task;
            return new LinkAnswer.Sink(sink, 5, 1000);
        });
        await using var hub = await AmqpHub.StartAsync(clock, routes: route);
        var connection = await hub.ConnectAsync();
        await (await CbsClient.OpenAsync(connection)).PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service"));
        var link = new SenderLink(new Session(connection), "l", "test");
        await asked.Task.WaitAsync(Patience, Cancel);

        // The hub waits for the room a moment after it asked.
        var refused = Attached.ClosedAsync(link);
        while (!refused.IsCompleted)
        {
            Cancel.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(refused, Task.Delay(TimeSpan.FromMilliseconds(5), Cancel));
        }

        Assert.Equal("amqp:internal-error", (await refused).Condition);
        Assert.Equal(0, sink.Closes);
        gate.SetResult();
        await sink.Closed.WaitAsync(Patience, Cancel);
        Assert.Null(sink.Port);
    }

    [Fact]
    public async Task A_room_that_fails_to_open_refuses_that_link_alone()
    {
        await using var hub = await AmqpHub.StartAsync(routes: TestRoute.Open(_ => throw new InvalidOperationException("a bug")));
        var connection = await hub.ConnectAsync();
        Assert.Equal("amqp:internal-error", (await Attached.ClosedAsync(new SenderLink(new Session(connection), "l", "test"))).Condition);
        await new Session(connection).CloseAsync();
    }

    [Fact]
    public async Task An_attach_whose_ends_are_missing_or_of_another_kind_is_not_found()
    {
        await using var hub = await AmqpHub.StartAsync();
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        uint handle = 0;
        foreach (var attach in (Attach[])
            [new() { Role = false }, new() { Role = true }, new() { Role = true, Source = new Source { Dynamic = true }, Target = new Target() },
                new() { Role = false, Source = new Source(), Target = new global::Amqp.Transactions.Coordinator() }])
        {
            (attach.LinkName, attach.Handle) = ($"l{handle}", handle++);
            await raw.SendAsync(RawAmqp.Frame(attach), Cancel);
            Assert.Equal("amqp:not-found", (await raw.ReadAsync<Detach>(Cancel)).Error.Condition);
        }
    }

    [Fact]
    public async Task An_attach_that_cannot_be_read_is_refused_alone()
    {
        await using var hub = await AmqpHub.StartAsync();
        using var raw = await RawAmqp.BeginAsync(hub.Plain, Cancel);
        var attach = new DescribedValue(0x12ul, new List { "l", 0u, true, null, null, null, null, null, null, null, null, null, "no symbol" });
        var body = new ByteBuffer(512, autoGrow: true);
        attach.Encode(body);
        await raw.SendAsync(RawAmqp.Frame(body.Buffer.AsSpan(body.Offset, body.Length)), Cancel);
        Assert.Equal("amqp:invalid-field", (await raw.ReadAsync<Detach>(Cancel)).Error.Condition);
        await raw.SendAsync(RawAmqp.Frame(new Begin { IncomingWindow = 1, OutgoingWindow = 1, NextOutgoingId = 0 }, channel: 1), Cancel);
        await raw.ReadAsync<Begin>(Cancel);
    }

    [Fact]
    public async Task Two_connections_of_one_container_may_use_the_same_link_names()
    {
        await using var hub = await StartAsync(new TestSink(), credit: 1);
        var open = new Open { ContainerId = "same", HostName = AmqpHub.Host };
        var first = await AmqpHub.Factory().CreateAsync(hub.Address, open, null);
        await Attached.SenderAsync(new Session(first), "l", "test");
        var second = await AmqpHub.Factory().CreateAsync(hub.Address, open, null);
        await Attached.SenderAsync(new Session(second), "l", "test");
        Assert.Equal(2, hub.Connections.Count);
    }

    private static async Task AttachAsync(RawAmqp raw)
    {
        var attach = new Attach { LinkName = "l", Handle = 0, Role = false, Target = new Target { Address = "test" }, Source = new Source() };
        await raw.SendAsync(RawAmqp.Frame(attach), Cancel);
        await raw.ReadAsync<Attach>(Cancel);
    }

    private static async Task SendAsync(RawAmqp raw, uint id, Message message)
    {
        var body = message.Encode();
        var transfer = new Transfer { Handle = 0, DeliveryId = id, DeliveryTag = BitConverter.GetBytes(id) };
        await raw.SendAsync(RawAmqp.Frame(transfer, body.Buffer.AsSpan(body.Offset, body.Length)), Cancel);
    }

    private static Task<AmqpHub> StartAsync(TestSink sink, int credit, int maxMessageSize = 500_000) =>
        AmqpHub.StartAsync(routes: TestRoute.Open(_ => new LinkAnswer.Sink(sink, credit, maxMessageSize)));

    private static async Task<SenderLink> SenderAsync(AmqpHub hub) => await Attached.SenderAsync(new Session(await hub.ConnectAsync()), "l", "test");

    private static Message Text(string text) => new() { BodySection = new Data { Binary = System.Text.Encoding.UTF8.GetBytes(text) } };
}
