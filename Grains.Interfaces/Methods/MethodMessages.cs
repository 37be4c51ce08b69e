using Muster.Errors;
using Muster.Json;

namespace Muster.Methods;

/// <summary>A direct method call.</summary>
[GenerateSerializer, Immutable, Alias("muster.MethodCall")]
public sealed record MethodCall
{
    /// <summary>Largest request or response payload, in bytes (IoT Hub: 128 KB).</summary>
    public const int MaxPayloadBytes = 128 * 1024;

    /// <summary>1 to 100 characters; none of <c>/ + # $</c> and no control characters, since it stands in an MQTT topic.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Any JSON; the value <c>null</c> where the caller gave none.</summary>
    [Id(1)] public JsonUtf8 Payload { get; init; } = JsonUtf8.Null;

    /// <summary>How long the device may take to answer. Default 30 s; 5 to 300 s.</summary>
    [Id(2)] public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for a device that is not connected and subscribed. Default 0; 0 to 300 s.</summary>
    [Id(3)] public TimeSpan ConnectTimeout { get; init; }
}

/// <summary>What became of a direct method call.</summary>
[GenerateSerializer, Immutable, Alias("muster.MethodReply")]
public abstract record MethodReply
{
    private MethodReply() { }

    /// <summary>The device answered.</summary>
    /// <param name="Status">Any integer that the device chose.</param>
    /// <param name="Payload">JSON; the value <c>null</c> for an empty answer; a JSON string for an answer that was not JSON.</param>
    [GenerateSerializer, Immutable, Alias("muster.MethodReply.Answered")]
    public sealed record Answered([property: Id(0)] int Status, [property: Id(1)] JsonUtf8 Payload) : MethodReply;

    /// <summary>
    /// There is no answer. DeviceNotOnline: the call did not reach the device. GatewayTimeout: it may have run.
    /// </summary>
    [GenerateSerializer, Immutable, Alias("muster.MethodReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : MethodReply;
}
