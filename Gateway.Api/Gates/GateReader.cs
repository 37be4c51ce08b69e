using Muster.Gateway;
using Muster.Rollouts;

namespace Muster.Gates;

/// <summary>A gate of a plan, read from JSON.</summary>
internal static class GateReader
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    internal static GateSpec Read(JsonFields fields) => new()
    {
        Name = fields.Text("name", 64, required: true) ?? "",
        Scope = fields.Word<GateScope>("scope") ?? GateScope.Device,
        Phase = fields.Word<GatePhase>("phase") ?? GatePhase.BeforeOffer,
        Kind = fields.Word<GateKind>("kind", required: true) ?? GateKind.Manual,
        Timeout = fields.Duration("timeout", Second, Month) ?? TimeSpan.FromHours(24),
        OnTimeout = fields.Word<GateTimeoutAction>("onTimeout") ?? GateTimeoutAction.Fail,
        Lease = fields.Duration("lease", Second, Month) ?? TimeSpan.FromMinutes(45),
        Role = fields.Text("role", 64),
        Url = fields.Text("url", 2048),
        Method = fields.Text("method", 100),
        CloseMethod = fields.Text("closeMethod", 100),
        Bound = fields.Object("bound", UpdateRulesReader.Bound),
        HoldsFor = fields.Duration("holdsFor", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? TimeSpan.Zero,
        Window = fields.Object("window", UpdateRulesReader.Window),
        Rollout = fields.Text("rollout", 256),
    };
}

/// <summary>What has to agree before the rollout, a group, a site or a device goes on.</summary>
internal sealed record GateMessage
{
    public required string Name { get; init; }

    /// <summary>device (the default), rollout, group or site; the last three are manual, webhook, calendar or dependency.</summary>
    public string? Scope { get; init; }

    /// <summary>beforeOffer (the default), beforeInstall, beforeReboot, beforeCommit or afterVerify. A group and a site know beforeOffer alone, a rollout afterVerify too.</summary>
    public string? Phase { get; init; }

    /// <summary>manual, webhook, command, telemetry, calendar or dependency.</summary>
    public required string Kind { get; init; }

    /// <summary>How long it may take to open. Default PT24H.</summary>
    public string? Timeout { get; init; }

    /// <summary>fail (the default) or hold.</summary>
    public string? OnTimeout { get; init; }

    /// <summary>How long it stays open unless it is renewed. Default PT45M.</summary>
    public string? Lease { get; init; }

    /// <summary>Of a manual gate: the role that opens it.</summary>
    public string? Role { get; init; }

    /// <summary>Of a webhook.</summary>
    public string? Url { get; init; }

    /// <summary>Of a command: the direct method.</summary>
    public string? Method { get; init; }

    /// <summary>Of a command: the method that says that all is over.</summary>
    public string? CloseMethod { get; init; }

    /// <summary>Of a telemetry gate.</summary>
    public BoundMessage? Bound { get; init; }

    /// <summary>Of a telemetry gate: for how long. Default PT0S.</summary>
    public string? HoldsFor { get; init; }

    /// <summary>Of a calendar gate.</summary>
    public WindowMessage? Window { get; init; }

    /// <summary>Of a dependency: the rollout that has to be completed.</summary>
    public string? Rollout { get; init; }

    internal static GateMessage From(GateSpec gate) => new()
    {
        Name = gate.Name,
        Scope = gate.Scope == GateScope.Device ? null : Words.Of(gate.Scope),
        Phase = Words.Of(gate.Phase),
        Kind = Words.Of(gate.Kind),
        Timeout = Durations.Text(gate.Timeout),
        OnTimeout = Words.Of(gate.OnTimeout),
        Lease = Durations.Text(gate.Lease),
        Role = gate.Role,
        Url = gate.Url,
        Method = gate.Method,
        CloseMethod = gate.CloseMethod,
        Bound = gate.Bound is { } bound ? BoundMessage.From(bound) : null,
        HoldsFor = gate.Kind == GateKind.Telemetry ? Durations.Text(gate.HoldsFor) : null,
        Window = gate.Window is { } window ? WindowMessage.From(window) : null,
        Rollout = gate.Rollout,
    };
}
