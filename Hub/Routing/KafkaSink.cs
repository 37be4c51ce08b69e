using System.Collections.Immutable;
using System.Text;
using Confluent.Kafka;
using Muster.Telemetry;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace Muster.Routing;

/// <summary>
/// Produces events to a topic: key is the device id, so that a device's events stay in order; headers are the properties, system properties with
/// <c>iothub-system-</c> before their names; the value is the body, unchanged.
/// </summary>
internal sealed class KafkaSink : IEndpointSink
{
    internal const string SystemPrefix = "iothub-system-";

    private const int MaxBatch = 500;

    private readonly string topic;
    private readonly ProducerConfig config;
    private readonly Func<ProducerConfig, IProducer<string, byte[]>> build;
    private readonly Lock gate = new();
    private Generation? producer;
    private bool closed;

    /// <param name="build">Makes a producer; null: librdkafka's.</param>
    internal KafkaSink(
        string name, EndpointSpec.Kafka spec, string? password, RoutingOptions options, Func<ProducerConfig, IProducer<string, byte[]>>? build = null)
    {
        topic = spec.Topic;
        config = KafkaSettings.Of(name, spec, password, options);
        this.build = build ?? Build;
    }

    public int Fit(ReadOnlySpan<RoutedEvent> events) => Math.Min(events.Length, MaxBatch);

    public async Task<SinkReply> DeliverAsync(ReadOnlyMemory<RoutedEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            var current = Producer();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, current.Ended);
            var deliveries = new List<Task<SinkFault?>>(events.Length);
            foreach (var routed in Each(events))
            {
                deliveries.Add(ProduceAsync(current, Message(routed), stop.Token, cancellationToken));
            }

            return Reply(await Task.WhenAll(deliveries));
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return new SinkReply(0, new SinkFault(Reason(fault)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Generation? last;
        lock (gate)
        {
            (last, producer, closed) = (producer, null, true);
        }

        if (last is not null)
        {
            await last.DisposeAsync();
        }
    }

    private static IProducer<string, byte[]> Build(ProducerConfig config) =>
        new ProducerBuilder<string, byte[]>(config).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();

    private static string Reason(Exception fault) => fault switch
    {
        KafkaException kafka => kafka.Error.Reason,
        OperationCanceledException => "The producer met a fatal error and is made anew.",
        _ => fault.Message,
    };

    /// <summary>
    /// What stands before the first event that was not taken counts; from it on all is made again, so that no event of a device overtakes an older one
    /// for good. An event that is refused is the first one that is not taken.
    /// </summary>
    private static SinkReply Reply(SinkFault?[] faults)
    {
        var taken = Array.FindIndex(faults, static fault => fault is not null);
        return taken < 0 ? new SinkReply(faults.Length, null) : new SinkReply(taken, faults[taken]);
    }

    private static IEnumerable<RoutedEvent> Each(ReadOnlyMemory<RoutedEvent> events)
    {
        for (var i = 0; i < events.Length; i++)
        {
            yield return events.Span[i];
        }
    }

    private static Message<string, byte[]> Message(RoutedEvent routed)
    {
        var stored = routed.Event;
        var headers = new Headers();
        Add(headers, stored.Properties, "");
        Add(headers, stored.SystemProperties, SystemPrefix);
        headers.Add("muster-id", Encoding.UTF8.GetBytes(EventJson.Id(stored)));
        return new Message<string, byte[]>
        {
            Key = stored.DeviceId,
            Value = stored.Body.ToArray(),
            Headers = headers,
            Timestamp = new Timestamp(stored.EnqueuedAt),
        };
    }

    private static void Add(Headers headers, ImmutableArray<EventProperty> properties, string prefix)
    {
        foreach (var property in properties)
        {
            headers.Add(prefix + property.Name, property.Value is { } value ? Encoding.UTF8.GetBytes(value) : null);
        }
    }

    private async Task<SinkFault?> ProduceAsync(
        Generation current, Message<string, byte[]> message, CancellationToken stop, CancellationToken cancellationToken)
    {
        try
        {
            await current.Producer.ProduceAsync(topic, message, stop);
            return null;
        }
        catch (KafkaException fault)
        {
            if (fault.Error.IsFatal)
            {
                Forget(current);
            }

            return new SinkFault(fault.Error.Reason, IsOfTheMessage(fault.Error.Code) ? 1 : 0);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return new SinkFault(Reason(fault));
        }
    }

    private static bool IsOfTheMessage(ErrorCode code) =>
        code is ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsg or ErrorCode.InvalidMsgSize or ErrorCode.InvalidRecord or ErrorCode.RecordListTooLarge;

    private Generation Producer()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            return producer ??= new Generation(build(config));
        }
    }

    // A producer that met a fatal error is of no use any more.
    private void Forget(Generation broken)
    {
        lock (gate)
        {
            if (!ReferenceEquals(producer, broken))
            {
                return;
            }

            producer = null;
        }

        broken.DisposeAsync().AsTask().Ignore();
    }

    /// <summary>One producer. What is under way when it is closed never gets an answer from it: whoever waits is told by <see cref="Ended"/>.</summary>
    private sealed class Generation : IAsyncDisposable
    {
        private readonly CancellationTokenSource end = new();

        internal Generation(IProducer<string, byte[]> producer) => (Producer, Ended) = (producer, end.Token);

        internal IProducer<string, byte[]> Producer { get; }

        internal CancellationToken Ended { get; }

        // The producer waits for threads of its own.
        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            await Task.Factory.StartNew(Producer.Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            end.Dispose();
        }
    }
}

/// <summary>An endpoint's settings as librdkafka's.</summary>
internal static class KafkaSettings
{
    internal static ProducerConfig Of(string name, EndpointSpec.Kafka spec, string? password, RoutingOptions options) => new()
    {
        BootstrapServers = spec.BootstrapServers,
        ClientId = $"muster-{name}",
        Acks = Acks.All,
        EnableIdempotence = true,
        LingerMs = 5,
        MessageTimeoutMs = (int)options.DeliveryTimeout.TotalMilliseconds,
        SocketTimeoutMs = (int)Math.Clamp(options.DeliveryTimeout.TotalMilliseconds, 100, 60_000),
        MessageMaxBytes = 2 << 20,
        SecurityProtocol = spec.Security switch
        {
            KafkaSecurity.Plaintext => SecurityProtocol.Plaintext,
            KafkaSecurity.Tls => SecurityProtocol.Ssl,
            KafkaSecurity.SaslPlaintext => SecurityProtocol.SaslPlaintext,
            _ => SecurityProtocol.SaslSsl,
        },
        SaslMechanism = spec.SaslMechanism switch
        {
            "PLAIN" => SaslMechanism.Plain,
            "SCRAM-SHA-256" => SaslMechanism.ScramSha256,
            "SCRAM-SHA-512" => SaslMechanism.ScramSha512,
            _ => null,
        },
        SaslUsername = spec.UserName,
        SaslPassword = password,
        SslCaPem = spec.CaCertificate,
    };
}
