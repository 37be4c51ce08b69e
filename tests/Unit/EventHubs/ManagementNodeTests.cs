using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Amqp;
using Muster.Gateway;
using Muster.Log;
using Xunit;

namespace Muster.EventHubs;

public sealed class ManagementNodeTests : IAsyncDisposable
{
    private readonly LogFixture log = LogFixture.Opened();

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public void A_hub_is_described_in_the_types_that_the_SDKs_read()
    {
        var hub = Body(Ask("com.microsoft:eventhub"));
        Assert.Equal(("events", 32), (hub["name"], hub["partition_count"]));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"{i}"), Assert.IsType<string[]>(hub["partition_ids"]));
        Assert.Equal(DateTimeKind.Utc, Assert.IsType<DateTime>(hub["created_at"]).Kind);
    }

    [Fact]
    public async Task A_partition_says_where_it_begins_and_ends_and_its_begin_moves_as_it_is_trimmed()
    {
        var empty = Body(Ask("com.microsoft:partition", "0"));
        Assert.Equal((0L, -1L, "-1", true),
            (empty["begin_sequence_number"], empty["last_enqueued_sequence_number"], empty["last_enqueued_offset"], empty["is_partition_empty"]));

        await log.AppendAsync(0, "old");
        log.Clock.Advance(TimeSpan.FromHours(2));
        await log.AppendAsync(0, "young");
        var last = log.Clock.GetUtcNow().UtcDateTime;
        log.Clock.Advance(log.Options.Retention - TimeSpan.FromHours(1));
        await log.TrimToAsync(0, 1);

        var partition = Body(Ask("com.microsoft:partition", "0"));
        Assert.Equal((1L, 1L, "1", false),
            (partition["begin_sequence_number"], partition["last_enqueued_sequence_number"], partition["last_enqueued_offset"], partition["is_partition_empty"]));
        Assert.Equal(("0", last), (partition["partition"], partition["last_enqueued_time_utc"]));
    }

    [Theory]
    [InlineData("com.microsoft:eventhub", "other", null)]
    [InlineData("com.microsoft:partition", "other", "0")]
    [InlineData("com.microsoft:partition", "events", "32")]
    [InlineData("com.microsoft:partition", "events", "-1")]
    [InlineData("com.microsoft:partition", "events", null)]
    public void What_is_not_there_is_a_404_in_the_words_that_the_SDKs_take_for_one(string type, string name, string? partition)
    {
        var reply = Ask(type, partition, name);
        Assert.Equal((404, new Symbol("amqp:not-found")), (reply.ApplicationProperties["status-code"], reply.ApplicationProperties["error-condition"]));
        Assert.Matches("The messaging entity .* could not be found", (string)reply.ApplicationProperties["status-description"]);
    }

    [Fact]
    public void Another_operation_is_refused_and_every_answer_names_its_question()
    {
        var reply = Ask("com.microsoft:eventhub", operation: "DELETE");
        Assert.Equal(400, reply.ApplicationProperties["status-code"]);
        Assert.Equal("question", reply.Properties.GetCorrelationId());
    }

    private Message Ask(string type, string? partition = null, string name = "events", string operation = "READ")
    {
        var replies = new ReplyLinks();
        var reply = new ReplyLink(replies);
        var link = new FakeSourcePort(reply, LinkRequests.To("$management"));
        reply.OnAttached(link);
        link.Grant(1);
        var question = new Message { Properties = new Properties { ReplyTo = "replies" }, ApplicationProperties = new ApplicationProperties() };
        question.Properties.SetMessageId("question");
        foreach (var (key, value) in new[] { ("operation", operation), ("type", type), ("name", name), ("partition", partition) })
        {
            if (value is not null)
            {
                question.ApplicationProperties[key] = value;
            }
        }

        var node = new ManagementNode(log.Log, new EventHubsAddress("events", "hub.test", 5671), new FakeCluster());
        node.OnRequest(new NodeRequest(LinkRequests.Peer, LinkGrant.Anyone.Instance, new Incoming(question), replies, LinkRequests.Session));
        return link.Last ?? throw new InvalidOperationException("There is no answer.");
    }

    private static Map Body(Message reply)
    {
        Assert.Equal(200, reply.ApplicationProperties["status-code"]);
        return Assert.IsType<Map>(Assert.IsType<AmqpValue>(reply.BodySection).Value);
    }

    private sealed class Incoming(Message message) : IncomingMessage(message, 1)
    {
        protected override void Settle(DeliveryOutcome outcome, LinkError? error) => Assert.Equal(DeliveryOutcome.Accepted, outcome);
    }
}
