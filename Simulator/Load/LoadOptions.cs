namespace Muster.Simulation.Load;

/// <summary>What an operation of the load is.</summary>
internal enum LoadKind
{
    /// <summary>A device connects: TCP, TLS, MQTT CONNECT and its subscriptions.</summary>
    Connect,

    /// <summary>A message at QoS 1, to its PUBACK.</summary>
    Telemetry,

    /// <summary>A patch of reported properties, to the answer that it is durable.</summary>
    TwinWrite,

    /// <summary>A twin read: by the device over the wire, or asked of its grain.</summary>
    TwinRead,

    /// <summary>A direct method over REST, to the device's answer.</summary>
    Method,
}

/// <summary>How the load reaches the hub.</summary>
internal enum LoadClient
{
    /// <summary>As devices and back offices do.</summary>
    Wire,

    /// <summary>As an Orleans client, for what the grains can do without a wire.</summary>
    Orleans,
}

/// <summary>What is offered, how fast, and for how long.</summary>
internal sealed record LoadOptions
{
    /// <summary>Path of the hub's connection.json.</summary>
    internal required string Connection { get; init; }

    internal required LoadClient Client { get; init; }

    internal required int Devices { get; init; }

    /// <summary>Connects per second; 0: all of them as fast as they go, <see cref="ConnectsAtOnce"/> at a time.</summary>
    internal required double ConnectRate { get; init; }

    internal required int ConnectsAtOnce { get; init; }

    /// <summary>Operations per second over the whole fleet, by kind; a kind that is not offered is absent.</summary>
    internal required IReadOnlyDictionary<LoadKind, double> Rates { get; init; }

    /// <summary>Not counted, so that what is measured is warm.</summary>
    internal required TimeSpan WarmUp { get; init; }

    internal required TimeSpan Duration { get; init; }

    /// <summary>Bytes of a telemetry message and of the value in a twin patch.</summary>
    internal required int PayloadBytes { get; init; }

    /// <summary>Operations that may be under way at once; what is due beyond them waits, and its waiting counts.</summary>
    internal required int InFlight { get; init; }

    /// <summary>The two result files without their endings.</summary>
    internal required string Results { get; init; }

    /// <summary>Folder with the cluster's certificates, for an Orleans client of a cluster with mutual TLS; null without.</summary>
    internal required string? SecurityFolder { get; init; }
}
