using Muster.Sessions;
using Muster.Updates;
using Muster.Upstream;

namespace Muster.Devices;

/// <summary>
/// The stored state of one device or module: one row, which is also the fleet's index. Immutable, and lean: a million of them are resident.
/// The arrays are never changed once they stand here.
/// </summary>
[GenerateSerializer, Immutable, Alias("muster.DeviceState")]
public sealed record DeviceState
{
    /// <summary>Orleans makes one of these before the row is read; a grain asks <c>RecordExists</c> before it looks at it.</summary>
    public DeviceState() { }

    [Id(0)] public IdentityState Identity { get; init; } = IdentityState.None;

    /// <summary>Raised by every accepted change of tags, desired or reported properties; the twin's etag is made from it.</summary>
    [Id(1)] public long TwinVersion { get; init; }

    /// <summary>Tags as compact UTF-8 JSON; null stands for <c>{}</c>.</summary>
    [Id(2)] public byte[]? Tags { get; init; }

    [Id(3)] public TwinSection Desired { get; init; } = TwinSection.Empty;

    [Id(4)] public TwinSection Reported { get; init; } = TwinSection.Empty;

    /// <summary>Plug and Play model id of the last session; null if it announced none.</summary>
    [Id(5)] public string? ModelId { get; init; }

    [Id(6)] public SessionState Session { get; init; } = SessionState.None;

    /// <summary>When anything was last heard from the device, UTC, the silo's clock; null if never.</summary>
    [Id(7)] public DateTimeOffset? LastActivityAt { get; init; }

    /// <summary>Last value of each telemetry field as UTF-8 JSON, see <c>LatestTelemetry.Fields</c>; null if there was none.</summary>
    [Id(8)] public byte[]? Telemetry { get; init; }

    /// <summary>Offset of the last event of the device's partition that was applied; -1 if none was.</summary>
    [Id(9)] public long ObservedOffset { get; init; } = -1;

    /// <summary>When the next thing that the device awaits is due, UTC; null if nothing is awaited, and nothing is yet. An indexed column.</summary>
    [Id(10)] public DateTimeOffset? NextDeadline { get; init; }

    /// <summary>Messages to the device, packed (see <c>CloudQueue</c>); null while there is none.</summary>
    [Id(11)] public byte[]? Messages { get; init; }

    /// <summary>Feedback of such messages that is not yet known to be in the feedback queue, packed (see <c>FeedbackOutbox</c>); null if there is none.</summary>
    [Id(12)] public byte[]? Feedback { get; init; }

    /// <summary>Of a row that mirrors a device of the upstream hub: what it remembers of it, packed (see <c>UpstreamMark</c>); null for others.</summary>
    [Id(13)] public byte[]? Upstream { get; init; }

    /// <summary>The device's update, under way or last finished, as UTF-8 JSON (see <c>DeviceUpdate</c>); null if there never was one.</summary>
    [Id(14)] public byte[]? Update { get; init; }

    /// <summary>
    /// Steps of the update's history that are to become durable with this state and no other. The grain sets it right before it writes, the store writes them once;
    /// not part of the state. See <see cref="UpdateSteps"/>.
    /// </summary>
    [NonSerialized]
    internal UpdateSteps Steps;

    /// <summary>True if it has a session, here or at the upstream hub.</summary>
    internal bool IsConnected => Session.Current is not null || UpstreamMark.SaysConnected(Upstream);

    /// <summary>When it last connected or disconnected, UTC; null if it never connected.</summary>
    internal DateTimeOffset? ConnectionChangedAt => Upstream is null ? Session.ChangedAt : UpstreamMark.Unpack(Upstream).ConnectionChangedAt;

    /// <summary>The store's own, see <see cref="StoreMark"/>.</summary>
    [NonSerialized]
    internal StoreMark Mark;
}

/// <summary>
/// Steps that ride with a write. As <see cref="StoreMark"/>, they are neither sent nor part of a state's value. The store appends them to the history under (device,
/// generation, sequence), where one that is there stays, and moves the member's row of each step's rollout to what the last step says: status, attempt, epoch, granted,
/// ready, reason, when; <c>attempted</c> is set by a step to Accepted or beyond and never unset. A member's row of a higher epoch is left alone.
/// </summary>
internal struct UpdateSteps : IEquatable<UpdateSteps>
{
    /// <summary>Null or empty for none; in the order of their sequence.</summary>
    public IReadOnlyList<UpdateStep>? Items { get; set; }

    public readonly bool Equals(UpdateSteps other) => true;

    public override readonly bool Equals(object? obj) => obj is UpdateSteps;

    public override readonly int GetHashCode() => 0;
}

/// <summary>
/// What the store remembers of the row that a state was made from. It goes along with every copy that <c>with</c> makes, so that the store can
/// write the parts that differ and no others; it is neither stored, nor sent to other silos, nor part of a state's value.
/// </summary>
internal struct StoreMark : IEquatable<StoreMark>
{
    public object? Row { get; set; }

    public readonly bool Equals(StoreMark other) => true;

    public override readonly bool Equals(object? obj) => obj is StoreMark;

    public override readonly int GetHashCode() => 0;
}

/// <summary>Identity as it is stored: keys only in their encrypted form.</summary>
[GenerateSerializer, Immutable, Alias("muster.IdentityState")]
public sealed record IdentityState
{
    public static IdentityState None { get; } = new();

    /// <summary>18 digits; never used twice for an id.</summary>
    [Id(0)] public long GenerationId { get; init; }

    /// <summary>Raised by every change of the identity; its etag is made from it.</summary>
    [Id(1)] public long Version { get; init; }

    [Id(2)] public DeviceStatus Status { get; init; }

    [Id(3)] public string? StatusReason { get; init; }

    [Id(4)] public DateTimeOffset? StatusUpdatedAt { get; init; }

    [Id(5)] public AuthenticationType AuthenticationType { get; init; }

    /// <summary>Both symmetric keys, encrypted by <c>ISecretProtector</c>; null if there are none.</summary>
    [Id(6)] public byte[]? ProtectedKeys { get; init; }

    /// <summary>Hex, upper case; null if there is none.</summary>
    [Id(7)] public string? PrimaryThumbprint { get; init; }

    [Id(8)] public string? SecondaryThumbprint { get; init; }

    [Id(9)] public bool IotEdge { get; init; }

    [Id(10)] public string? DeviceScope { get; init; }

    /// <summary>Null stands for none.</summary>
    [Id(11)] public string[]? ParentScopes { get; init; }

    [Id(12)] public string? ManagedBy { get; init; }
}

/// <summary>One half of a twin: desired or reported properties.</summary>
[GenerateSerializer, Immutable, Alias("muster.TwinSection")]
public sealed record TwinSection
{
    /// <summary>No property yet, <c>$version</c> 1, as IoT Hub's fresh twins have it.</summary>
    public static TwinSection Empty { get; } = new();

    /// <summary>Compact UTF-8 JSON object without <c>$version</c> and <c>$metadata</c>; null stands for <c>{}</c>.</summary>
    [Id(0)] public byte[]? Json { get; init; }

    /// <summary>When and in which version each property was last set, packed (see <c>TwinMetadata</c>); null if there is no property.</summary>
    [Id(1)] public byte[]? Metadata { get; init; }

    /// <summary><c>$version</c>, from 1.</summary>
    [Id(2)] public long Version { get; init; } = 1;

    /// <summary><c>$metadata.$lastUpdated</c> of the section, UTC; null before the first change.</summary>
    [Id(3)] public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>The device's session, if it has one, and what outlives it.</summary>
[GenerateSerializer, Immutable, Alias("muster.SessionState")]
public sealed record SessionState
{
    public static SessionState None { get; } = new();

    /// <summary>The current session; null while the device is not connected.</summary>
    [Id(0)] public SessionRef? Current { get; init; }

    /// <summary>The newest epoch that was ever given out.</summary>
    [Id(1)] public long Epoch { get; init; }

    /// <summary>What the session listens to; kept across connections where <see cref="Persistent"/>.</summary>
    [Id(2)] public SessionSubscriptions Subscriptions { get; init; }

    /// <summary>True if the last session asked that its subscriptions outlive it (MQTT <c>clean=false</c>).</summary>
    [Id(3)] public bool Persistent { get; init; }

    /// <summary>When it last connected or disconnected, UTC, the silo's clock; null if it never connected.</summary>
    [Id(4)] public DateTimeOffset? ChangedAt { get; init; }
}
