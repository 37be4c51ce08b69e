using System.Text.Json.Serialization;
using Muster.Updates;

namespace Muster.Gates;

/// <summary>What a gate is in front of. Stored; append only.</summary>
public enum GateScope : int
{
    /// <summary>Each device by itself.</summary>
    Device = 0,

    /// <summary>The whole rollout: asked for before its first group opens (<see cref="GatePhase.BeforeOffer"/>) or once every member is final (<see cref="GatePhase.AfterVerify"/>).</summary>
    Rollout = 1,

    /// <summary>Each group: asked for before it opens, closed once all its members are final.</summary>
    Group = 2,

    /// <summary>Each site, by the tag of the plan's budget: asked for before the first of its devices is given room, closed once none of them holds any.</summary>
    Site = 3,
}

/// <summary>What a gate holds up. Stored; append only.</summary>
public enum GatePhase : int
{
    /// <summary>Nothing is offered before it is open.</summary>
    BeforeOffer = 1,

    /// <summary>The device may download meanwhile. It is asked for with the offer.</summary>
    BeforeInstall = 2,

    /// <summary>It is asked for when the device installs; only agents that ask before they reboot wait for it.</summary>
    BeforeReboot = 3,

    /// <summary>It is asked for when the new software runs; only agents that ask before they commit wait for it.</summary>
    BeforeCommit = 4,

    /// <summary>It is asked for when the device has soaked, and has to be open before it counts as succeeded. Meanwhile its health is watched on.</summary>
    AfterVerify = 5,
}

/// <summary>Who opens a gate, and how. Stored; append only.</summary>
public enum GateKind : int
{
    /// <summary>A person of the gate's role, over the API.</summary>
    Manual = 1,

    /// <summary>A business process: it is called, and answers at once or calls back.</summary>
    Webhook = 2,

    /// <summary>The device itself, by a direct method that it answers with 2xx.</summary>
    Command = 3,

    /// <summary>The last value of a telemetry field since the gate was asked for, no older than the lease, which has to stay within bounds for a while.</summary>
    Telemetry = 4,

    /// <summary>A recurring time.</summary>
    Calendar = 5,

    /// <summary>Another rollout, once it is completed.</summary>
    Dependency = 6,
}

/// <summary>What becomes of a gate that did not open in time. Stored; append only.</summary>
public enum GateTimeoutAction : int
{
    /// <summary>It has expired, and never opens again: the device is skipped, or its update stopped.</summary>
    Fail = 1,

    /// <summary>The device goes on waiting until somebody opens or denies it.</summary>
    Hold = 2,
}

/// <summary>A gate of a rollout, or of each of its groups, sites or members: what has to agree before it goes on.</summary>
[GenerateSerializer, Immutable, Alias("muster.GateSpec")]
public sealed record GateSpec
{
    /// <summary>1 to 64 ASCII letters, digits and <c>. _ -</c>; each once in a rollout.</summary>
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required GatePhase Phase { get; init; }

    [Id(2)] public required GateKind Kind { get; init; }

    /// <summary>How long it may take to open. Default 24 h; 1 s to 30 days.</summary>
    [Id(3)] public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(24);

    [Id(4)] public GateTimeoutAction OnTimeout { get; init; } = GateTimeoutAction.Fail;

    /// <summary>How long it stays open unless it is renewed. Default 45 min; 1 s to 30 days.</summary>
    [Id(5)] public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(45);

    /// <summary>Of a manual gate: the role that opens it.</summary>
    [Id(6)] public string? Role { get; init; }

    /// <summary>Of a webhook: http or https.</summary>
    [Id(7)] public string? Url { get; init; }

    /// <summary>Of a command: the direct method that asks the device.</summary>
    [Id(9)] public string? Method { get; init; }

    /// <summary>Of a command: the method that tells it that all is over; null for none.</summary>
    [Id(10)] public string? CloseMethod { get; init; }

    /// <summary>Of a telemetry gate.</summary>
    [Id(11)] public TelemetryBound? Bound { get; init; }

    /// <summary>Of a telemetry gate: how long the value has to stay within. Default 0.</summary>
    [Id(12)] public TimeSpan HoldsFor { get; init; }

    /// <summary>Of a calendar gate.</summary>
    [Id(13)] public MaintenanceWindow? Window { get; init; }

    /// <summary>Of a dependency: the rollout that has to be completed.</summary>
    [Id(14)] public string? Rollout { get; init; }

    /// <summary>Default: each device. Other scopes know the phase BeforeOffer, a rollout AfterVerify too; they are manual, webhook, calendar or dependency.</summary>
    [Id(15), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public GateScope Scope { get; init; }

    /// <summary>True where somebody is told when the update is over, until he says that he heard.</summary>
    public bool HasCloseOut => Kind == GateKind.Webhook || (Kind == GateKind.Command && CloseMethod is not null);
}
