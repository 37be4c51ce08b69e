using System.Collections.Immutable;
using Muster.Json;
using Muster.Telemetry;
using Orleans.Concurrency;

namespace Muster.Upstream;

/// <summary>A device or module that mirrors one of the upstream hub. Key: <see cref="Muster.Devices.DeviceKey"/>.</summary>
[Alias("muster.IUpstreamMirror")]
internal interface IUpstreamMirror : IGrainWithStringKey
{
    /// <summary>
    /// Applies what the upstream hub said of the device; returns once that is durable. Idempotent: what was applied before changes nothing. Where events are
    /// missing between the row and the batch, the device is read again instead.
    /// </summary>
    /// <exception cref="Errors.UpstreamFaultException">It had to be read again, and could not.</exception>
    [Alias("Apply"), AlwaysInterleave, ResponseTimeout("00:02:00")]
    Task ApplyAsync(UpstreamBatch batch);

    /// <summary>Reads the device from the upstream hub and makes the row the same; a row of the hub's that is not there any more is deleted.</summary>
    /// <exception cref="Errors.UpstreamFaultException">It could not be read.</exception>
    [Alias("ReadAgain"), AlwaysInterleave, ResponseTimeout("00:02:00")]
    Task ReadAgainAsync();
}

/// <summary>Makes the whole fleet the upstream hub's again, one round at a time. Key: 0.</summary>
[Alias("muster.IUpstreamSyncGrain")]
internal interface IUpstreamSyncGrain : IGrainWithIntegerKey
{
    /// <summary>Asks for a round that begins after this call; returns at once. Asked several times during a round, one more follows.</summary>
    [Alias("Ask"), AlwaysInterleave]
    Task AskAsync(string reason);

    /// <summary>Rounds that were completed since the grain came to life.</summary>
    [Alias("CountRounds"), AlwaysInterleave]
    Task<long> CountRoundsAsync();
}

/// <summary>What the upstream hub said of one device or module, in order.</summary>
[GenerateSerializer, Immutable, Alias("muster.UpstreamBatch")]
internal sealed record UpstreamBatch([property: Id(0)] ImmutableArray<UpstreamChange> Changes);

/// <summary>One event of the upstream hub about a device or module that is no telemetry.</summary>
[GenerateSerializer, Immutable, Alias("muster.UpstreamChange")]
internal sealed record UpstreamChange
{
    /// <summary>Its place in the device's partition there.</summary>
    [Id(0)] public required long Sequence { get; init; }

    [Id(1)] public required EventSource Source { get; init; }

    /// <summary><c>opType</c>; empty if the event had none.</summary>
    [Id(2)] public required string Operation { get; init; }

    /// <summary><c>operationTimestamp</c>, else when the hub took the event; UTC.</summary>
    [Id(3)] public required DateTimeOffset At { get; init; }

    /// <summary>Of the identity that it speaks of; 0 if it is not known.</summary>
    [Id(4)] public long GenerationId { get; init; }

    [Id(5)] public required JsonUtf8 Body { get; init; }
}
