using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>How the gates of the rollout look to those who are asked, and to those who read.</summary>
internal sealed partial class RolloutGrain
{
    private GateCall CallOf(RolloutGate gate, GateEffect effect) => new()
    {
        Spec = state.Spec.Gates.First(spec => spec.Name == gate.State.Name),
        Key = gate.State.Key,
        Effect = effect,
        DeviceId = "",
        Rollout = Id,
        Group = gate.Place.Group < 0 ? null : gate.Place.Group,
        Site = gate.Place.Scope == GateScope.Site ? gate.Place.Site : null,
        Release = state.Spec.Release,
    };

    private GateView? ViewOf(RolloutGate gate) => state.Spec.Gates.FirstOrDefault(spec => spec.Name == gate.State.Name) is not { } spec ? null : GateViews.Of(gate.State, spec, Id, "") with
    {
        Group = gate.Place.Group < 0 ? null : Groups[gate.Place.Group].Name,
        Site = gate.Place.Scope == GateScope.Site ? gate.Place.Site : null,
    };

    private string WhyRefused(RolloutGate gate) => $"The gate {gate.State.Name}{Of(gate.Place)} " + (gate.State.Status == GateStatus.Denied ? $"was denied by {gate.State.Actor}."
        : gate.WasOpen ? "was not renewed: its lease ended." : "did not open in time.");

    // By the hub's own words for those who are asked; a principal's name is anything else.
    private static bool IsPerson(string? actor) => actor is not (null or "webhook" or "device" or GateMachine.Engine);

    /// <summary>One sentence on why it stands where it stands; null if there is nothing to say. Before it is over the gate that it waits for comes before what brought it there.</summary>
    private string? WhyHere() => state.Status switch
    {
        RolloutStatus.Completing => Silent() ?? Untold() ?? state.Because,
        RolloutStatus.Aborting or RolloutStatus.RollingBack => Untold() ?? state.Because,
        _ => state.Because ?? TooManyGates() ?? Silent() ?? Untold(),
    } ?? Conflict();

    private string? TooManyGates() => gates.All.Length < RolloutGateBook.MaxGates ? null
        : $"It keeps {gates.All.Length} gates, as many as it can: no further one is asked for before one of them is closed.";

    /// <summary>On a gate that has not said.</summary>
    private string? Silent() => gates.All.FirstOrDefault(static gate => gate.State.Status is GateStatus.Requested or GateStatus.Preparing) is { } asked
        ? $"It waits for the gate {asked.State.Name}{Of(asked.Place)} since {UpdateView.Time(asked.State.AskedAt)}." : null;

    /// <summary>On a gate that has not heard.</summary>
    private string? Untold() => gates.All.FirstOrDefault(static gate => gate.State.Status == GateStatus.Closing) is { } told
        ? $"It waits since {UpdateView.Time(told.State.Since)} until whoever opened the gate {told.State.Name}{Of(told.Place)} has heard that it is over." : null;

    private string Of(GatePlace place) => place.Scope switch
    {
        GateScope.Group => $" of group '{Groups[place.Group].Name}'",
        GateScope.Site => $" of site '{place.Site}'",
        _ => "",
    };
}
