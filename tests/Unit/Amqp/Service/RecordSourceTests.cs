using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using Amqp.Framing;
using Amqp.Types;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Calls;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Amqp;

public sealed class RecordSourceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_share_a_message_and_its_outcome()
    {
        var (queue, port) = (new Queue(), Port(room: 1));
        queue.Add("{\"a\":1}", "{\"a\":2}");
        var source = Open(RecordQueue.Feedback, queue, port);
        source.OnCredit();
        var (message, tag) = await port.NextAsync(Cancel);
        Assert.Equal("""[{"a":1},{"a":2}]""", Encoding.UTF8.GetString(((Data)message.BodySection).Binary));
        Assert.Equal("application/vnd.microsoft.iothub.feedback.json", (string)message.Properties.ContentType);
        Assert.Equal("hub", Encoding.UTF8.GetString(message.Properties.UserId));
        Assert.IsType<DateTime>(message.MessageAnnotations[new Symbol("iothub-enqueuedtime")]);
        source.OnSettled(tag, DeliveryOutcome.Accepted);
        Assert.Equal(((Guid)tag!, MessageOutcome.Complete), await queue.Settled.ReadAsync(Cancel));
    }

    [Fact]
    public async Task Each_outcome_settles_in_its_own_way_and_a_notice_stands_alone()
    {
        var (queue, port) = (new Queue(), Port(room: 2));
        queue.Add("{\"n\":1}");
        queue.Add("{\"n\":2}");
        var source = Open(RecordQueue.FileNotifications, queue, port);
        source.OnCredit();
        foreach (var (outcome, expected, body) in new[]
            { (DeliveryOutcome.Released, MessageOutcome.Abandon, "{\"n\":1}"), (DeliveryOutcome.Rejected, MessageOutcome.Reject, "{\"n\":2}") })
        {
            var (message, tag) = await port.NextAsync(Cancel);
            Assert.Equal(body, Encoding.UTF8.GetString(((Data)message.BodySection).Binary));
            source.OnSettled(tag, outcome);
            Assert.Equal(expected, (await queue.Settled.ReadAsync(Cancel)).Outcome);
        }

        Assert.All(queue.Asked, max => Assert.Equal(1, max));
    }

    [Fact]
    public async Task What_is_lent_to_a_link_that_went_meanwhile_is_given_back()
    {
        var (queue, port) = (new Queue(), Port(room: 1));
        var source = Open(RecordQueue.Feedback, queue, port);
        source.OnCredit();
        port.Detach(null);
        queue.Add("{}");
        Assert.Equal(MessageOutcome.Abandon, (await queue.Settled.ReadAsync(Cancel)).Outcome);
        Assert.Empty(port.Sent);
    }

    [Fact]
    public void Without_credit_nothing_is_lent()
    {
        var (queue, port) = (new Queue(), Port(room: 0));
        Open(RecordQueue.Feedback, queue, port).OnCredit();
        Assert.Empty(queue.Asked);
    }

    private static RoomPort Port(int room) => new() { Room = room, Request = Requests.Of("/messages/serviceBound/feedback", LinkDirection.ToClient) };

    private static RecordSource Open(RecordQueue kind, Queue queue, RoomPort port)
    {
        var source = new RecordSource(kind, queue, "hub", new GrainCalls(TimeProvider.System), TimeProvider.System, NullLogger.Instance);
        source.OnAttached(port);
        return source;
    }

    /// <summary>Lends what it is given, one addition at a time.</summary>
    private sealed class Queue : IServiceQueueGrain
    {
        private readonly Channel<LockedRecords> records = Channel.CreateUnbounded<LockedRecords>();
        private readonly Channel<(Guid Token, MessageOutcome Outcome)> settled = Channel.CreateUnbounded<(Guid, MessageOutcome)>();

        public ChannelReader<(Guid Token, MessageOutcome Outcome)> Settled => settled.Reader;

        public List<int> Asked { get; } = [];

        public void Add(params string[] bodies) => records.Writer.TryWrite(new LockedRecords(
            Guid.NewGuid(),
            [.. bodies.Select(body => new ServiceRecord { Id = Guid.NewGuid(), At = TimeProvider.System.GetUtcNow(), Body = Encoding.UTF8.GetBytes(body) })],
            0));

        public Task PutAsync(ImmutableArray<ServiceRecord> records) => throw new NotSupportedException();

        public async Task<LockedRecords?> ReceiveAsync(int max, TimeSpan wait)
        {
            Asked.Add(max);
            return await records.Reader.ReadAsync(Cancel);
        }

        public Task<bool> SettleAsync(Guid lockToken, MessageOutcome outcome)
        {
            settled.Writer.TryWrite((lockToken, outcome));
            return Task.FromResult(true);
        }
    }
}
