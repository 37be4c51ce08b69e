using System.Collections.Immutable;
using Muster.Json;

namespace Muster.Telemetry;

/// <summary>Events of one device that stand in the log, in order.</summary>
[GenerateSerializer, Immutable, Alias("muster.ObservationBatch")]
public sealed record ObservationBatch([property: Id(0)] ImmutableArray<Observation> Events);

/// <summary>One event of a device.</summary>
/// <param name="Offset">Its place in the device's partition.</param>
/// <param name="EnqueuedAt">When the log took it, UTC, the silo's clock; or when the upstream hub did, by its own.</param>
/// <param name="Body">The body if it is a JSON object; null otherwise (it still counts as activity).</param>
/// <param name="GenerationId">The generation of the identity that sent it; 0 if it is not known, which any identity takes for its own.</param>
/// <param name="UpstreamSequence">Its place in the device's partition of the upstream hub; -1 if it did not come from one.</param>
[GenerateSerializer, Immutable, Alias("muster.Observation")]
public sealed record Observation(
    [property: Id(0)] long Offset, [property: Id(1)] DateTimeOffset EnqueuedAt, [property: Id(2)] JsonUtf8? Body, [property: Id(3)] long GenerationId = 0,
    [property: Id(4)] long UpstreamSequence = -1);

/// <summary>What a device's telemetry last said.</summary>
/// <param name="Fields">A JSON object: field name (nested ones with dots) to <c>{"value":…,"enqueuedTime":"…"}</c>.</param>
/// <param name="LastActivityAt">UTC, the silo's clock; null if it was never heard.</param>
[GenerateSerializer, Immutable, Alias("muster.LatestTelemetry")]
public sealed record LatestTelemetry([property: Id(0)] JsonUtf8 Fields, [property: Id(1)] DateTimeOffset? LastActivityAt);

/// <summary>Where an event came from, see <see cref="EventSources"/> for the names. Stored; append only.</summary>
public enum EventSource : int
{
    /// <summary>A device or module sent it.</summary>
    Telemetry = 0,

    /// <summary>Tags, desired or reported properties changed.</summary>
    TwinChange = 1,

    /// <summary>A device or module was registered or deleted.</summary>
    DeviceLifecycle = 2,

    /// <summary>A device or module connected or disconnected.</summary>
    DeviceConnectionState = 3,

    /// <summary>A job went on at a device.</summary>
    DeviceJobLifecycle = 4,
}

/// <summary>The names of sources as they stand in <c>iothub-message-source</c>.</summary>
public static class EventSources
{
    /// <summary>As IoT Hub writes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is none of <see cref="EventSource"/>.</exception>
    public static string Name(EventSource source) => source switch
    {
        EventSource.Telemetry => "Telemetry",
        EventSource.TwinChange => "twinChangeEvents",
        EventSource.DeviceLifecycle => "deviceLifecycleEvents",
        EventSource.DeviceConnectionState => "deviceConnectionStateEvents",
        EventSource.DeviceJobLifecycle => "deviceJobLifecycleEvents",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such event source."),
    };

    /// <summary>The <c>iothub-message-schema</c> of the source's events; null for telemetry, whose bodies are the devices' own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is none of <see cref="EventSource"/>.</exception>
    public static string? Schema(EventSource source) => source switch
    {
        EventSource.Telemetry => null,
        EventSource.TwinChange => "twinChangeNotification",
        EventSource.DeviceLifecycle => "deviceLifecycleNotification",
        EventSource.DeviceConnectionState => "deviceConnectionStateNotification",
        EventSource.DeviceJobLifecycle => "deviceJobLifecycleNotification",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such event source."),
    };
}

/// <summary>One event as it is read back.</summary>
[GenerateSerializer, Immutable, Alias("muster.StoredEvent")]
public sealed record StoredEvent
{
    [Id(0)] public required int Partition { get; init; }

    /// <summary>From 0, one more for each event of the partition.</summary>
    [Id(1)] public required long Offset { get; init; }

    /// <summary>UTC, the silo's clock; never falls within a partition.</summary>
    [Id(2)] public required DateTimeOffset EnqueuedAt { get; init; }

    [Id(3)] public required string DeviceId { get; init; }

    /// <summary>Null unless a module sent it.</summary>
    [Id(4)] public string? ModuleId { get; init; }

    /// <summary>
    /// By their names on the Event Hubs-compatible endpoint: <c>message-id</c>, <c>correlation-id</c>, <c>user-id</c>, <c>to</c>, <c>content-type</c>,
    /// <c>content-encoding</c>, <c>absolute-expiry-time</c>, <c>iothub-connection-device-id</c>, <c>iothub-connection-module-id</c>,
    /// <c>iothub-connection-auth-method</c>, <c>iothub-connection-auth-generation-id</c>, <c>iothub-enqueuedtime</c>, <c>iothub-message-source</c>,
    /// <c>iothub-interface-id</c>, <c>dt-subject</c>, <c>iothub-outputname</c>; <c>iothub-upstream-sequence</c> (partition:sequence) where the event is the
    /// upstream hub's, whose <c>iothub-enqueuedtime</c> it then has.
    /// </summary>
    [Id(5)] public required ImmutableArray<EventProperty> SystemProperties { get; init; }

    [Id(6)] public required ImmutableArray<EventProperty> Properties { get; init; }

    /// <summary>The device's bytes, unchanged; JSON where the hub made the event.</summary>
    [Id(7)] public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The same as <c>iothub-message-source</c> says. Default: what a silo of an older version stored.</summary>
    [Id(8)] public EventSource Source { get; init; }
}

/// <summary>A name and its value; null where the device gave the name alone.</summary>
[GenerateSerializer, Immutable, Alias("muster.EventProperty")]
public readonly record struct EventProperty([property: Id(0)] string Name, [property: Id(1)] string? Value);

/// <summary>What is known of one partition.</summary>
/// <param name="Partition">0 to 31.</param>
/// <param name="FirstOffset">The oldest event still there; equals <paramref name="NextOffset"/> when it is empty.</param>
/// <param name="NextOffset">The offset that the next event will get.</param>
/// <param name="LastEnqueuedAt">UTC; null if it never held an event.</param>
[GenerateSerializer, Immutable, Alias("muster.PartitionStatus")]
public sealed record PartitionStatus(
    [property: Id(0)] int Partition, [property: Id(1)] long FirstOffset, [property: Id(2)] long NextOffset, [property: Id(3)] DateTimeOffset? LastEnqueuedAt);
