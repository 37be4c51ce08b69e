using System.Collections.Immutable;

namespace Muster.Gates;

/// <summary>The gates that a rollout keeps, as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutGatesState")]
internal sealed record RolloutGatesState
{
    /// <summary>Those that were asked for and are not closed, in the order in which they were; at most <see cref="RolloutGateBook.MaxGates"/>.</summary>
    [Id(0)] public ImmutableArray<RolloutGate> All { get; init; } = [];

    /// <summary>How many were ever asked for: what makes their keys differ.</summary>
    [Id(1)] public long Asked { get; init; }

    /// <summary>What the gates after the last device came to; null before that.</summary>
    [Id(2)] public bool? IsAgreed { get; init; }

    /// <summary>Why they did not agree, a sentence; null if they did.</summary>
    [Id(3)] public string? WhyNot { get; init; }
}

/// <summary>One of them.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutGate")]
internal sealed record RolloutGate
{
    [Id(0)] public required GatePlace Place { get; init; }

    [Id(1)] public required GateState State { get; init; }

    /// <summary>True once it was open.</summary>
    [Id(2)] public bool WasOpen { get; init; }

    /// <summary>Of a site: true once a device was given room by it.</summary>
    [Id(3)] public bool IsUsed { get; init; }

    /// <summary>True where it was open and its lease ended.</summary>
    internal bool IsLapsed => WasOpen && State.Status == GateStatus.Expired;

    /// <summary>True where the lease of a site's gate ended: unlike one that was denied it is asked for anew.</summary>
    internal bool IsLapsedSite => IsLapsed && Place.Scope == GateScope.Site;

    /// <summary>True of a site's gate that has let devices through, or whose lease ended.</summary>
    internal bool IsSpentSite => IsLapsedSite || (IsUsed && State.Status == GateStatus.Open);

    /// <summary>True while it is asked for or open, and no device was given room by it.</summary>
    internal bool IsUnused => !IsUsed && State.Status is GateStatus.Requested or GateStatus.Preparing or GateStatus.Open;
}

/// <summary>What a gate that a rollout keeps is in front of.</summary>
/// <param name="Scope">Not a device.</param>
/// <param name="Group">Index of the group; -1 for other scopes.</param>
/// <param name="Site">Empty for other scopes, and for devices without the tag.</param>
[GenerateSerializer, Immutable, Alias("muster.GatePlace")]
internal readonly record struct GatePlace([property: Id(0)] GateScope Scope, [property: Id(1)] int Group, [property: Id(2)] string Site)
{
    internal static GatePlace Rollout { get; } = new(GateScope.Rollout, -1, "");

    internal static GatePlace OfGroup(int group) => new(GateScope.Group, group, "");

    internal static GatePlace OfSite(string site) => new(GateScope.Site, -1, site);
}
