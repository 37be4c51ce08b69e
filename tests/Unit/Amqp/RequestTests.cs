using Amqp;
using Amqp.Framing;
using Xunit;

namespace Muster.Amqp;

public sealed class RequestTests
{
    [Fact]
    public async Task Each_asker_gets_its_answer_on_its_own_link()
    {
        await using var hub = await AmqpHub.StartAsync(routes: new RequestRoute(new Echo()));
        var connection = await hub.ConnectAsync();
        var session = new Session(connection);
        var replies = new Dictionary<string, ReceiverLink>();
        foreach (var name in (string[])["one", "two"])
        {
            var attached = new TaskCompletionSource();
            replies[name] = new ReceiverLink(
                session, name, new Attach { Source = new Source { Address = "echo" }, Target = new Target { Address = name } }, (_, _) => attached.TrySetResult());
            await attached.Task;
        }

        var requests = await Attached.SenderAsync(session, "requests", "echo");
        foreach (var name in (string[])["two", "one", "two"])
        {
            await requests.SendAsync(new Message { Properties = new Properties { ReplyTo = name }, BodySection = new AmqpValue { Value = $"for {name}" } });
            var reply = await replies[name].ReceiveAsync(TimeSpan.FromSeconds(10));
            Assert.Equal($"for {name}", reply.Body);
            Assert.Equal(200, reply.ApplicationProperties["status-code"]);
        }
    }

    [Fact]
    public async Task A_request_without_a_link_for_its_answer_is_taken_and_answered_to_nobody()
    {
        var echo = new Echo();
        await using var hub = await AmqpHub.StartAsync(routes: new RequestRoute(echo));
        var connection = await hub.ConnectAsync();
        var requests = await Attached.SenderAsync(new Session(connection), "requests", "echo");

        // A link of another session, with credit: an answer that goes astray would come here.
        var stranger = await Attached.ReceiverAsync(new Session(connection), "stranger", new Source { Address = "echo" });
        stranger.SetCredit(200, CreditMode.Manual);
        for (var i = 0; i < 100; i++)
        {
            await requests.SendAsync(new Message { BodySection = new AmqpValue { Value = i } });
        }

        Assert.Equal(100, echo.Answered);

        // Whatever was sent before it has come before the answer to this.
        await new Session(connection).CloseAsync();
        Assert.Null(await stranger.ReceiveAsync(TimeSpan.FromMilliseconds(10)));
    }

    private sealed class Echo : IRequestNode
    {
        private int answered;

        public int Answered => Volatile.Read(ref answered);

        public LinkClaim? Match(LinkRequest request) => request.Address.Is("echo") ? LinkClaim.Nothing.Instance : null;

        public void OnRequest(NodeRequest request) =>
            ThreadPool.QueueUserWorkItem(_ =>
            {
                // The reply accepts the request: its sender goes on with that.
                Interlocked.Increment(ref answered);
                request.Reply(200, "OK", ((AmqpValue)request.Message.BodySection).Value);
            });
    }
}
