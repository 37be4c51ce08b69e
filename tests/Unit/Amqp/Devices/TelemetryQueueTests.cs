using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Sessions;
using Muster.Telemetry;
using Xunit;

namespace Muster.Amqp;

public sealed class TelemetryQueueTests
{
    private static readonly EventOrigin Origin = new("d", null, "1", "{}");
    private readonly SlowLog log = new();
    private int refusals;

    [Fact]
    public void What_comes_during_an_append_becomes_the_next_and_is_accepted_after_it()
    {
        var queue = Queue();
        var messages = Enumerable.Range(0, 4).Select(_ => new Sent()).ToArray();
        queue.Add(messages[0]);
        queue.Add(messages[1]);
        queue.Add(messages[2]);
        Assert.Equal([1], log.Counts);
        Assert.All(messages, message => Assert.Null(message.Outcome));
        log.Finish();
        Assert.Equal([1, 2], log.Counts);
        Assert.Equal([DeliveryOutcome.Accepted, null, null], messages[..3].Select(message => message.Outcome));
        log.Finish();
        Assert.All(messages[..3], message => Assert.Equal(DeliveryOutcome.Accepted, message.Outcome));
        queue.Add(messages[3]);
        Assert.Equal([1, 2, 1], log.Counts);
    }

    [Fact]
    public void Behind_what_was_not_stored_nothing_is_accepted()
    {
        var queue = Queue();
        Sent[] messages = [new(), new(), new()];
        queue.Add(messages[0]);
        queue.Add(messages[1]);
        log.Fail();
        queue.Add(messages[2]);
        Assert.All(messages, message => Assert.Equal(DeliveryOutcome.Released, message.Outcome));
        Assert.Equal([1], log.Counts);
        Assert.Equal(1, refusals);
    }

    [Fact]
    public void A_message_that_is_none_is_rejected_alone()
    {
        var queue = Queue();
        var (bad, good) = (new Sent(new AmqpValue { Value = 5 }), new Sent());
        queue.Add(bad);
        queue.Add(good);
        log.Finish();
        Assert.Equal((DeliveryOutcome.Rejected, DeliveryOutcome.Accepted), (bad.Outcome, good.Outcome));
        Assert.Equal(0, refusals);
    }

    [Fact]
    public void The_messages_of_a_batch_are_counted_one_by_one_and_accepted_together()
    {
        var queue = Queue();
        var all = new DataList();
        for (var i = 0; i < 3; i++)
        {
            var one = new Message { BodySection = new Data { Binary = [1] } }.Encode();
            all.Add(new Data { Binary = one.Buffer.AsSpan(one.Offset, one.Length).ToArray() });
        }

        Sent[] messages = [new(), new(all, 0x80013700), new()];
        foreach (var message in messages)
        {
            queue.Add(message);
        }

        log.Finish();
        Assert.Equal([1, 4], log.Counts);
        Assert.Null(messages[1].Outcome);
        log.Finish();
        Assert.All(messages, message => Assert.Equal(DeliveryOutcome.Accepted, message.Outcome));
    }

    private TelemetryQueue Queue()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var instruments = new HubInstruments(meters, new SessionTable(), new ConnectionLimit(Options.Create(new HubOptions())), new Connections());
        return new TelemetryQueue(log, Origin, instruments, () => refusals++);
    }

    private sealed class Sent(RestrictedDescribed? body = null, uint format = 0)
        : IncomingMessage(new Message { BodySection = body ?? new Data { Binary = [1] }, Format = format }, 1)
    {
        public DeliveryOutcome? Outcome { get; private set; }

        protected override void Settle(DeliveryOutcome outcome, LinkError? error) => Outcome = outcome;
    }

    /// <summary>Each append takes until the test says so; what comes of it runs at once.</summary>
    private sealed class SlowLog : IEventLog
    {
        private TaskCompletionSource? append;

        public List<int> Counts { get; } = [];

        public int PartitionCount => 32;

        public void Finish() => append!.SetResult();

        public void Fail() => append!.SetException(new EventLogException("full", null));

        public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count)
        {
            Counts.Add(count);
            append = new TaskCompletionSource();
            return new ValueTask(append.Task);
        }

        public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken) => throw new NotSupportedException();

        public PartitionStatus Describe(int partition) => throw new NotSupportedException();

        public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
