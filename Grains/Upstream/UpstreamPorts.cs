using System.Collections.Immutable;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Methods;
using Muster.Telemetry;
using Muster.Twins;

namespace Muster.Upstream;

/// <summary>
/// The service side of the IoT hub that this cluster stands on. Registered only where there is one. Calls obey the cluster's share of the hub's limits:
/// they wait for their turn, and while the hub asks for less (429) nobody calls it. What the hub refuses comes back as a <see cref="Refusal"/> with the
/// hub's own number.
/// </summary>
/// <exception cref="UpstreamFaultException">
/// The hub could not be reached or gave no answer in time: of a change it is unknown whether it was made. Every method may throw it.
/// </exception>
public interface IUpstreamHub
{
    /// <summary>The twin as it stands there now; read strongly, not from an index.</summary>
    /// <returns>Refused: DeviceNotFound or ModuleNotFound.</returns>
    Task<UpstreamReply> GetTwinAsync(DeviceKey key, CancellationToken cancellationToken);

    /// <summary>PATCH or PUT of the twin. <see cref="TwinChange.IfMatch"/> is the upstream twin's own etag.</summary>
    /// <returns>The whole twin after the change, or why nothing changed (PreconditionFailed, ArgumentInvalid, …).</returns>
    Task<UpstreamReply> ChangeTwinAsync(DeviceKey key, TwinChange change, CancellationToken cancellationToken);

    /// <summary>The identity as the hub's registry has it, keys included if the policy may see them.</summary>
    Task<UpstreamReply> GetIdentityAsync(DeviceKey key, CancellationToken cancellationToken);

    /// <summary>Registers (<paramref name="ifMatch"/> null) or updates an identity; <c>*</c> updates whatever there is.</summary>
    Task<UpstreamReply> PutIdentityAsync(DeviceKey key, IdentitySpec spec, string? ifMatch, CancellationToken cancellationToken);

    /// <summary>Deletes an identity.</summary>
    /// <returns>Null if it is gone; else why it is not.</returns>
    Task<Refusal?> DeleteIdentityAsync(DeviceKey key, string? ifMatch, CancellationToken cancellationToken);

    /// <summary>A page of all twins, of devices first and modules behind them, as the hub's query answers them: it may lag behind what was acknowledged.</summary>
    /// <param name="continuation">Null for the first page, else <see cref="UpstreamPage.Continuation"/>.</param>
    Task<UpstreamPage> ListTwinsAsync(string? continuation, CancellationToken cancellationToken);

    Task<MethodReply> InvokeMethodAsync(DeviceKey key, MethodCall call, CancellationToken cancellationToken);

    /// <summary>Sends over AMQP; answered when the hub has accepted the message into the device's queue.</summary>
    Task<SendMessageReply> SendMessageAsync(DeviceKey key, CloudMessage message, CancellationToken cancellationToken);

    Task<PurgeMessagesReply> PurgeMessagesAsync(DeviceKey key, CancellationToken cancellationToken);
}

/// <summary>What the hub answered.</summary>
public abstract record UpstreamReply
{
    private UpstreamReply() { }

    /// <param name="Json">The hub's JSON object, whole: a twin or an identity.</param>
    public sealed record Found(JsonUtf8 Json) : UpstreamReply;

    public sealed record Refused(Refusal Why) : UpstreamReply;
}

/// <param name="Twins">Whole twins, one JSON object each.</param>
/// <param name="Continuation">Null behind the last page.</param>
public sealed record UpstreamPage(ImmutableArray<JsonUtf8> Twins, string? Continuation);

/// <summary>The hub's built-in endpoint: its events, partition by partition.</summary>
public interface IUpstreamEvents
{
    /// <exception cref="UpstreamFaultException">The endpoint could not be reached.</exception>
    Task<int> CountPartitionsAsync(CancellationToken cancellationToken);

    /// <summary>Reads on from <paramref name="nextSequence"/>, or from the oldest event that there is if that one was dropped.</summary>
    /// <param name="epoch">The receiver's owner level: whoever opens the partition with a higher one ends this receiver.</param>
    /// <exception cref="UpstreamFaultException">The endpoint could not be reached, or another receiver has a higher epoch.</exception>
    Task<IUpstreamReceiver> OpenAsync(int partition, long nextSequence, long epoch, CancellationToken cancellationToken);
}

/// <summary>One partition's receiver. One reader at a time.</summary>
public interface IUpstreamReceiver : IAsyncDisposable
{
    /// <summary>
    /// At least one event, in order; waits for it. <see cref="StoredEvent.Offset"/> is the sequence number there, <see cref="StoredEvent.Partition"/> the
    /// partition there, <see cref="StoredEvent.EnqueuedAt"/> the time at which the upstream hub took it.
    /// </summary>
    /// <exception cref="UpstreamFaultException">The link ended. What was not returned is read again by the next receiver.</exception>
    ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int maxEvents, CancellationToken cancellationToken);
}

/// <summary>What the hub has to tell its back office: feedback of messages, notices of uploaded files.</summary>
public interface IUpstreamQueues
{
    /// <param name="queue">One of <see cref="ServiceQueues"/>.</param>
    Task<IUpstreamQueue> OpenAsync(string queue, CancellationToken cancellationToken);
}

/// <summary>A receiver of one such queue. One reader at a time.</summary>
public interface IUpstreamQueue : IAsyncDisposable
{
    /// <summary>The next message, waited for: one record, or several where the hub sends them together. The same message has the same record ids.</summary>
    /// <exception cref="UpstreamFaultException">The link ended; what was not completed comes again.</exception>
    ValueTask<ImmutableArray<ServiceRecord>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Completes the message that was read last.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
