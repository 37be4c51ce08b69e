using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.CloudToDevice;

/// <summary>
/// What the hub has to tell the back office, one queue for each kind: feedback of messages, notices of uploaded files. Durable, at least once, in the
/// order in which records came; several receivers share the records between them. Key: one of <see cref="ServiceQueues"/>.
/// </summary>
[Alias("muster.IServiceQueueGrain")]
public interface IServiceQueueGrain : IGrainWithStringKey
{
    /// <summary>
    /// Adds records; completes once they are durable. Idempotent: an id that is, or within its <see cref="ServiceRecord.TimeToLive"/> was, in the queue is
    /// not added again, and neither is a record whose time is over.
    /// </summary>
    /// <exception cref="ServiceQueueFullException">So many records wait already that nothing was added. Try again later.</exception>
    [Alias("Put"), AlwaysInterleave]
    Task PutAsync(ImmutableArray<ServiceRecord> records);

    /// <summary>Lends the oldest records that nobody has, for <see cref="ServiceQueues.LockTime"/>, under one token.</summary>
    /// <param name="max">At most this many, 1 to <see cref="ServiceQueues.MaxBatch"/>.</param>
    /// <param name="wait">How long to wait for a first one; 0 to 20 s.</param>
    /// <returns>Null if there was none.</returns>
    [Alias("Receive"), AlwaysInterleave]
    Task<LockedRecords?> ReceiveAsync(int max, TimeSpan wait);

    /// <summary>
    /// Settles all records under the token: Complete and Reject remove them, Abandon offers them again at once. A receiver that goes away abandons what
    /// it has; one that does not say so loses it when the lock lapses.
    /// </summary>
    /// <returns>False: the lock lapsed, so that the records are, or will be, lent to another.</returns>
    [Alias("Settle"), AlwaysInterleave]
    Task<bool> SettleAsync(Guid lockToken, MessageOutcome outcome);
}

/// <summary>The queues there are, and their bounds.</summary>
public static class ServiceQueues
{
    /// <summary>Records of feedback about cloud-to-device messages.</summary>
    public const string Feedback = "feedback";

    /// <summary>Notices of uploaded files.</summary>
    public const string FileNotifications = "filenotifications";

    /// <summary>Records under one token.</summary>
    public const int MaxBatch = 64;

    /// <summary>Deliveries before a record is thrown away (IoT Hub's default: 10).</summary>
    public const int MaxDeliveries = 10;

    /// <summary>How long a record may be out before it is lent to another: 60 s.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromSeconds(60);
}

/// <summary>One record for the back office.</summary>
[GenerateSerializer, Immutable, Alias("muster.ServiceRecord")]
public sealed record ServiceRecord
{
    /// <summary>How long a record is kept from <see cref="At"/> on: 1 hour.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);

    /// <summary>The same for every attempt to put the same record.</summary>
    [Id(0)] public required Guid Id { get; init; }

    /// <summary>When it came about, UTC.</summary>
    [Id(1)] public required DateTimeOffset At { get; init; }

    /// <summary>
    /// One JSON object: for feedback <c>{"originalMessageId","enqueuedTimeUtc","statusCode","description","deviceId","deviceGenerationId"}</c>, an element of the
    /// array that IoT Hub sends; for file notifications the whole body.
    /// </summary>
    [Id(2)] public required ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>Records that are lent to one receiver.</summary>
/// <param name="LockToken">Settles them all.</param>
/// <param name="Records">One or more, oldest first.</param>
/// <param name="DeliveryCount">The most that any of them was delivered before: 0 at first.</param>
[GenerateSerializer, Immutable, Alias("muster.LockedRecords")]
public sealed record LockedRecords(
    [property: Id(0)] Guid LockToken, [property: Id(1)] ImmutableArray<ServiceRecord> Records, [property: Id(2)] int DeliveryCount);

/// <summary>Nobody reads the queue, and it holds as much as it may.</summary>
[GenerateSerializer, Immutable, Alias("muster.ServiceQueueFullException")]
public sealed class ServiceQueueFullException(string message) : OrleansException(message);
