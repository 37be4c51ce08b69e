using System.Collections.Immutable;
using Muster.Errors;
using Muster.Json;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>Which events a route takes, by IoT Hub's names. Stored; append only.</summary>
public enum RouteSource : int
{
    DeviceMessages = 0,
    TwinChangeEvents = 1,
    DeviceLifecycleEvents = 2,
    DeviceConnectionStateEvents = 3,
    DeviceJobLifecycleEvents = 4,
}

/// <summary>What an operator asks a route to be.</summary>
[GenerateSerializer, Immutable, Alias("muster.RouteSpec")]
public sealed record RouteSpec
{
    [Id(0)] public RouteSource Source { get; init; }

    /// <summary>In IoT Hub's routing language, at most 8192 characters; <c>true</c> takes everything of the source.</summary>
    [Id(1)] public required string Condition { get; init; }

    /// <summary>The name of the endpoint that its events go to.</summary>
    [Id(2)] public required string Endpoint { get; init; }

    /// <summary>Default true. Events that come while a route is off are never sent by it.</summary>
    [Id(3)] public bool Enabled { get; init; } = true;
}

/// <summary>A text that no record prints.</summary>
[GenerateSerializer, Immutable, Alias("muster.SecretText")]
public sealed record SecretText([property: Id(0)] string Value)
{
    public override string ToString() => "***";
}

/// <summary>What an operator asks an endpoint to be. Stored with <see cref="Secret"/> null; the secret is kept apart, encrypted.</summary>
[GenerateSerializer, Immutable, Alias("muster.EndpointSpec")]
public abstract record EndpointSpec
{
    private EndpointSpec() { }

    /// <summary>Write-only. A webhook's signing secret or a Kafka password; null keeps what was there.</summary>
    [Id(0)] public SecretText? Secret { get; init; }

    /// <summary>How long an event is tried before it goes to the dead letters. Default 1 hour; 0 to 7 days.</summary>
    [Id(1)] public TimeSpan RetryFor { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The events of its routes are what the consumer group of that name sees of the hub's own log.</summary>
    [GenerateSerializer, Immutable, Alias("muster.EndpointSpec.Log")]
    public sealed record Log([property: Id(0)] string ConsumerGroup) : EndpointSpec;

    /// <summary>Events are posted there, signed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.EndpointSpec.Webhook")]
    public sealed record Webhook([property: Id(0)] string Url) : EndpointSpec
    {
        /// <summary>How many events one request carries at most. Default 100; 1 to 100.</summary>
        [Id(1)] public int MaxBatch { get; init; } = 100;

        /// <summary>PEM of the authorities that the server's certificate must come from; null for those that the silo's system trusts.</summary>
        [Id(2)] public string? CaCertificate { get; init; }
    }

    /// <summary>Events become messages of a topic.</summary>
    [GenerateSerializer, Immutable, Alias("muster.EndpointSpec.Kafka")]
    public sealed record Kafka([property: Id(0)] string BootstrapServers, [property: Id(1)] string Topic) : EndpointSpec
    {
        [Id(2)] public KafkaSecurity Security { get; init; }

        /// <summary>PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; null without SASL.</summary>
        [Id(3)] public string? SaslMechanism { get; init; }

        /// <summary>Null without SASL.</summary>
        [Id(4)] public string? UserName { get; init; }

        /// <summary>PEM of the authorities that the brokers' certificates must come from; null for those that the silo's system trusts.</summary>
        [Id(5)] public string? CaCertificate { get; init; }
    }
}

/// <summary>How a Kafka cluster is spoken to. Stored; append only.</summary>
public enum KafkaSecurity : int
{
    Plaintext = 0,
    Tls = 1,
    SaslPlaintext = 2,
    SaslTls = 3,
}

/// <summary>A route as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.RouteView")]
public sealed record RouteView(
    [property: Id(0)] string Name, [property: Id(1)] string ETag, [property: Id(2)] RouteSpec Spec, [property: Id(3)] DeliveryStatus Status);

/// <summary>An endpoint as it stands; its <see cref="EndpointSpec.Secret"/> is null.</summary>
[GenerateSerializer, Immutable, Alias("muster.EndpointView")]
public sealed record EndpointView(
    [property: Id(0)] string Name, [property: Id(1)] string ETag, [property: Id(2)] EndpointSpec Spec, [property: Id(3)] bool HasSecret, [property: Id(4)] DeliveryStatus Status);

/// <summary>How delivery goes, summed over the silos that were heard lately; counts are since those silos started.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeliveryStatus")]
public sealed record DeliveryStatus
{
    /// <summary>Events in the log that the endpoint's consumers have not handled yet; null where nothing consumes (log endpoints, routes that are off).</summary>
    [Id(0)] public long? Lag { get; init; }

    /// <summary>Events that the endpoint has taken.</summary>
    [Id(1)] public long Delivered { get; init; }

    /// <summary>Events that went to the dead letters.</summary>
    [Id(2)] public long DeadLettered { get; init; }

    /// <summary>Deliveries that failed and were, or will be, made again.</summary>
    [Id(3)] public long Retries { get; init; }

    /// <summary>Why the last delivery that failed did; null if none did.</summary>
    [Id(4)] public string? LastError { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(5)] public DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>UTC, the silo's clock; null if nothing was delivered.</summary>
    [Id(6)] public DateTimeOffset? LastDeliveredAt { get; init; }

    /// <summary>Events that the log no longer held when the endpoint's consumers came to them, whether its routes would have taken them or not.</summary>
    [Id(7)] public long Dropped { get; init; }
}

/// <summary>What must hold for a change.</summary>
/// <param name="IfMatch">The etag that must still hold; <c>*</c> for any that is there; null for no condition.</param>
/// <param name="IfNew">True: only if there is nothing of that name.</param>
[GenerateSerializer, Immutable, Alias("muster.RoutingPrecondition")]
public sealed record RoutingPrecondition([property: Id(0)] string? IfMatch, [property: Id(1)] bool IfNew = false);

/// <summary>A route, or why there is none or it did not change.</summary>
[GenerateSerializer, Immutable, Alias("muster.RouteReply")]
public abstract record RouteReply
{
    private RouteReply() { }

    [GenerateSerializer, Immutable, Alias("muster.RouteReply.Found")]
    public sealed record Found([property: Id(0)] RouteView Route, [property: Id(1)] bool IsNew = false) : RouteReply;

    [GenerateSerializer, Immutable, Alias("muster.RouteReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : RouteReply;
}

/// <summary>An endpoint, or why there is none or it did not change.</summary>
[GenerateSerializer, Immutable, Alias("muster.EndpointReply")]
public abstract record EndpointReply
{
    private EndpointReply() { }

    [GenerateSerializer, Immutable, Alias("muster.EndpointReply.Found")]
    public sealed record Found([property: Id(0)] EndpointView Endpoint, [property: Id(1)] bool IsNew = false) : EndpointReply;

    [GenerateSerializer, Immutable, Alias("muster.EndpointReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : EndpointReply;
}

/// <summary>A message to try the routes on.</summary>
/// <param name="Properties">Application properties.</param>
/// <param name="SystemProperties">By their names on the Event Hubs-compatible endpoint.</param>
/// <param name="Twin">The service's twin document; null if there is none.</param>
[GenerateSerializer, Immutable, Alias("muster.RouteTest")]
public sealed record RouteTest(
    [property: Id(0)] RouteSource Source,
    [property: Id(1)] ImmutableArray<EventProperty> Properties,
    [property: Id(2)] ImmutableArray<EventProperty> SystemProperties,
    [property: Id(3)] ReadOnlyMemory<byte> Body,
    [property: Id(4)] JsonUtf8? Twin);

/// <summary>What became of a test.</summary>
/// <param name="Matches">The routes that are on, are of the message's source and whose condition holds, by name.</param>
/// <param name="BodyIsReadable">Whether conditions see the body: content type, encoding and JSON are as they must be.</param>
[GenerateSerializer, Immutable, Alias("muster.RouteTestResult")]
public sealed record RouteTestResult([property: Id(0)] ImmutableArray<RouteView> Matches, [property: Id(1)] bool BodyIsReadable);

/// <summary>An event that its endpoint did not take.</summary>
/// <param name="Event">As it stood in the log.</param>
/// <param name="Routes">The routes that sent it.</param>
/// <param name="Reason">Why the endpoint did not take it.</param>
/// <param name="At">When it was given up, UTC, the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("muster.DeadLetter")]
public sealed record DeadLetter(
    [property: Id(0)] StoredEvent Event, [property: Id(1)] ImmutableArray<string> Routes, [property: Id(2)] string Reason, [property: Id(3)] DateTimeOffset At);

/// <summary>A place among the dead letters of an endpoint: they are read partition by partition.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterPosition")]
public readonly record struct DeadLetterPosition([property: Id(0)] int Partition, [property: Id(1)] long Offset);

/// <summary>Some of the dead letters of an endpoint.</summary>
/// <param name="Letters">By partition and offset.</param>
/// <param name="Next">Behind which to go on; null at the end.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Dropped">How many older ones had to go, since there is room for so many only.</param>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterPage")]
public sealed record DeadLetterPage(
    [property: Id(0)] ImmutableArray<DeadLetter> Letters,
    [property: Id(1)] DeadLetterPosition? Next,
    [property: Id(2)] long Total,
    [property: Id(3)] long Dropped);

/// <summary>Dead letters, or EndpointNotFound.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeadLetterReply")]
public abstract record DeadLetterReply
{
    private DeadLetterReply() { }

    [GenerateSerializer, Immutable, Alias("muster.DeadLetterReply.Found")]
    public sealed record Found([property: Id(0)] DeadLetterPage Page) : DeadLetterReply;

    [GenerateSerializer, Immutable, Alias("muster.DeadLetterReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : DeadLetterReply;
}
