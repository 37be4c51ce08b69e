using Muster.Errors;

namespace Muster.Sessions;

/// <summary>
/// Where a device is connected. <paramref name="Silo"/> carries the silo's generation, so that a restarted silo is never mistaken for the
/// one before; a higher <paramref name="Epoch"/> is the newer session of the device.
/// </summary>
[GenerateSerializer, Immutable, Alias("muster.SessionRef")]
public sealed record SessionRef([property: Id(0)] SiloAddress Silo, [property: Id(1)] long ConnectionId, [property: Id(2)] long Epoch);

/// <summary>What a device listens to: the fixed set of filters that IoT Hub's MQTT dialect has. Stored; append only.</summary>
[Flags]
public enum SessionSubscriptions : int
{
    None = 0,

    /// <summary><c>$iothub/methods/POST/#</c></summary>
    Methods = 1,

    /// <summary><c>$iothub/twin/res/#</c></summary>
    TwinResponses = 2,

    /// <summary><c>$iothub/twin/PATCH/properties/desired/#</c></summary>
    DesiredChanges = 4,

    /// <summary><c>devices/{id}/messages/devicebound/#</c>, granted QoS 0.</summary>
    CloudToDevice = 8,

    /// <summary>With <see cref="CloudToDevice"/>: granted QoS 1.</summary>
    CloudToDeviceQos1 = 16,

    /// <summary><c>devices/{d}/modules/{m}/inputs/#</c> or <c>devices/{d}/modules/{m}/#</c>, granted QoS 0.</summary>
    ModuleInputs = 32,

    /// <summary>With <see cref="ModuleInputs"/>: granted QoS 1.</summary>
    ModuleInputsQos1 = 64,
}

/// <summary>A freshly authenticated connection asks to become its device's session.</summary>
[GenerateSerializer, Immutable, Alias("muster.AttachRequest")]
public sealed record AttachRequest
{
    [Id(0)] public required SiloAddress Silo { get; init; }

    /// <summary>Unique within the silo's life.</summary>
    [Id(1)] public required long ConnectionId { get; init; }

    /// <summary>The identity etag of the credentials that were checked: if the identity has changed since, the check does not count.</summary>
    [Id(2)] public required string IdentityETag { get; init; }

    /// <summary>True: forget stored subscriptions, keep none of this session's.</summary>
    [Id(3)] public required bool CleanSession { get; init; }

    /// <summary>Plug and Play model id that the device announced; null if none.</summary>
    [Id(4)] public string? ModelId { get; init; }
}

/// <summary>What became of an attach.</summary>
[GenerateSerializer, Immutable, Alias("muster.AttachReply")]
public abstract record AttachReply
{
    private AttachReply() { }

    /// <summary>The connection is the device's session.</summary>
    /// <param name="Session">Reference with its epoch.</param>
    /// <param name="SessionPresent">True if subscriptions of an earlier session were taken over (MQTT's session present flag).</param>
    /// <param name="Subscriptions">What is delivered from now on, without a new SUBSCRIBE.</param>
    /// <param name="GenerationId">The identity's generation, for what the session sends.</param>
    /// <param name="DesiredVersion">
    /// <c>$version</c> of the desired properties as the session begins; later ones it is told of. 0: unknown, a silo of an older version answered.
    /// </param>
    [GenerateSerializer, Immutable, Alias("muster.AttachReply.Attached")]
    public sealed record Attached(
        [property: Id(0)] SessionRef Session,
        [property: Id(1)] bool SessionPresent,
        [property: Id(2)] SessionSubscriptions Subscriptions,
        [property: Id(3)] string GenerationId,
        [property: Id(4)] long DesiredVersion = 0) : AttachReply;

    /// <summary>The identity changed since its credentials were read: read again, check again.</summary>
    [GenerateSerializer, Immutable, Alias("muster.AttachReply.StaleCredentials")]
    public sealed record StaleCredentials : AttachReply;

    /// <summary>DeviceNotFound, ModuleNotFound or DeviceDisabled.</summary>
    [GenerateSerializer, Immutable, Alias("muster.AttachReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : AttachReply;
}

/// <summary>What a device grain knows of a session that asks.</summary>
/// <param name="IsCurrent">False: another has taken over, or the session was ended; it closes.</param>
/// <param name="DesiredVersion">
/// The desired <c>$version</c> that the session must have been told of by now; one which was not closes, so that the device reads its twin. 0 while
/// changes are on their way.
/// </param>
[GenerateSerializer, Immutable, Alias("muster.SessionStanding")]
public sealed record SessionStanding([property: Id(0)] bool IsCurrent, [property: Id(1)] long DesiredVersion);

/// <summary>Why a silo is told to end a session. Numbered for the wire; append only.</summary>
public enum SessionCloseReason : int
{
    ReplacedByNewer = 0,
    Disabled = 1,
    Deleted = 2,

    /// <summary>A key or thumbprint that may have opened the session no longer holds.</summary>
    CredentialsChanged = 3,

    /// <summary>
    /// A change of its desired properties, or a message, may not have reached the device: when it connects again, it reads its twin and is sent the message.
    /// </summary>
    ChangeMissed = 4,
}

/// <summary>What became of something handed to a session. Numbered for the wire; append only.</summary>
public enum SessionDelivery : int
{
    /// <summary>Queued for the socket.</summary>
    Accepted = 0,

    /// <summary>The session does not listen to this.</summary>
    NotSubscribed = 1,

    /// <summary>The session's queue is full: the device does not read.</summary>
    QueueFull = 2,

    /// <summary>There is no such session any more: drop the reference.</summary>
    Gone = 3,
}
