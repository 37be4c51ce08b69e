using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.CloudToDevice;

/// <summary>A message to a device, as its sender wrote it.</summary>
[GenerateSerializer, Immutable, Alias("muster.CloudMessage")]
public sealed record CloudMessage
{
    /// <summary>Largest message, body, system and application properties together, in bytes (IoT Hub: 64 KB).</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Longest message, correlation and user id, in characters.</summary>
    public const int MaxIdLength = 128;

    /// <summary>Messages in one device's queue (IoT Hub: 50).</summary>
    public const int MaxQueueDepth = 50;

    /// <summary>Null if the sender gave none; feedback then names the message by its sequence number.</summary>
    [Id(0)] public string? MessageId { get; init; }

    [Id(1)] public string? CorrelationId { get; init; }

    [Id(2)] public string? UserId { get; init; }

    /// <summary><c>/devices/{id}/messages/devicebound</c> as the sender wrote it; null where the device alone was named.</summary>
    [Id(3)] public string? To { get; init; }

    [Id(4)] public string? ContentType { get; init; }

    [Id(5)] public string? ContentEncoding { get; init; }

    /// <summary>UTC; null for as long as the hub lets messages live (1 hour unless it is told otherwise), and never longer than that.</summary>
    [Id(6)] public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Which ends of the message its sender wants to hear of. Default none.</summary>
    [Id(7)] public FeedbackLevel Ack { get; init; }

    /// <summary>Application properties in the sender's order; a value may be null.</summary>
    [Id(8)] public ImmutableArray<EventProperty> Properties { get; init; } = [];

    /// <summary>The sender's bytes, unchanged.</summary>
    [Id(9)] public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary><c>iothub-ack</c>. Stored; append only.</summary>
[Flags]
public enum FeedbackLevel : int
{
    None = 0,

    /// <summary>When the device completed it.</summary>
    Positive = 1,

    /// <summary>When it expired, was rejected, purged, or delivered too often.</summary>
    Negative = 2,

    Full = Positive | Negative,
}

/// <summary>A message that is lent to its device until it is settled by <see cref="LockToken"/>.</summary>
[GenerateSerializer, Immutable, Alias("muster.LockedMessage")]
public sealed record LockedMessage
{
    [Id(0)] public required CloudMessage Message { get; init; }

    /// <summary>Rises with each message of the device; the same at every delivery of one message.</summary>
    [Id(1)] public required long SequenceNumber { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(2)] public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>When it is thrown away, UTC; never after what the sender asked for.</summary>
    [Id(3)] public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Deliveries before this one: 0 at first.</summary>
    [Id(4)] public required int DeliveryCount { get; init; }

    /// <summary>Another for each delivery.</summary>
    [Id(5)] public required Guid LockToken { get; init; }
}

/// <summary>How a message is settled. Numbered for the wire; append only.</summary>
public enum MessageOutcome : int
{
    /// <summary>Done with: it leaves the queue. Feedback Success.</summary>
    Complete = 0,

    /// <summary>Not now: it is offered again at once, and counts as delivered once more.</summary>
    Abandon = 1,

    /// <summary>Never: it leaves the queue. Feedback Rejected.</summary>
    Reject = 2,
}
