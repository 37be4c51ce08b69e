using System.Reflection;
using Confluent.Kafka;
using Xunit;

namespace Muster.Routing;

/// <summary>Whatever befalls a delivery but its being cancelled is an answer.</summary>
public sealed class SinkFaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fatal_error_of_one_delivery_ends_those_that_wait_for_the_same_producer()
    {
        var (answers, produced) = (new Queue<Func<CancellationToken, Task<DeliveryResult<string, byte[]>>>>([HangAsync, FailAsync, TakeAsync]), 0);
        await using var sink = new KafkaSink("e", new EndpointSpec.Kafka("broker:9092", "t"), null, new RoutingOptions(), _ =>
        {
            produced++;
            var producer = DispatchProxy.Create<IProducer<string, byte[]>, FakeProducer>();
            ((FakeProducer)(object)producer).Producing = stop => answers.Dequeue()(stop);
            return producer;
        });

        var waiting = sink.DeliverAsync(Events(), Cancel);
        var failed = await sink.DeliverAsync(Events(), Cancel);
        Assert.Equal((0, "fatal", 0), (failed.Delivered, failed.Fault?.Reason, failed.Fault?.Refused));
        Assert.Equal((0, 0), ((await waiting.WaitAsync(Cancel)).Delivered, (await waiting).Fault?.Refused));

        Assert.Equal(1, (await sink.DeliverAsync(Events(), Cancel)).Delivered);
        Assert.Equal(2, produced);
    }

    [Fact]
    public async Task What_a_webhook_s_client_throws_is_an_answer_unless_the_caller_gave_up()
    {
        var sink = new WebhookSink("e", new EndpointSpec.Webhook("https://example.com/"), "0123456789abcdef", new RoutingOptions(), TimeProvider.System);
        await sink.DisposeAsync();

        var reply = await sink.DeliverAsync(Events(), Cancel);
        Assert.Equal((0, 0), (reply.Delivered, reply.Fault?.Refused));

        using var gaveUp = new CancellationTokenSource();
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sink.DeliverAsync(Events(), gaveUp.Token));
    }

    private static RoutedEvent[] Events() => [new(DeliveryRulesTests.Event(0, [1], []), ["r"])];

    private static async Task<DeliveryResult<string, byte[]>> HangAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop);
        return new DeliveryResult<string, byte[]>();
    }

    private static Task<DeliveryResult<string, byte[]>> FailAsync(CancellationToken stop) => Task.FromException<DeliveryResult<string, byte[]>>(
        new ProduceException<string, byte[]>(new Error(Confluent.Kafka.ErrorCode.Local_Fatal, "fatal", isFatal: true), new DeliveryResult<string, byte[]>()));

    private static Task<DeliveryResult<string, byte[]>> TakeAsync(CancellationToken stop) => Task.FromResult(new DeliveryResult<string, byte[]>());
}

/// <summary>A producer that answers as the test says.</summary>
public class FakeProducer : DispatchProxy
{
    internal Func<CancellationToken, Task<DeliveryResult<string, byte[]>>>? Producing { get; set; }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name switch
    {
        nameof(IProducer<string, byte[]>.ProduceAsync) => Producing!((CancellationToken)args![2]!),
        nameof(IDisposable.Dispose) => null,
        _ => throw new NotSupportedException(),
    };
}
