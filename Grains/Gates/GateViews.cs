namespace Muster.Gates;

/// <summary>How a gate looks to those who read. Pure.</summary>
internal static class GateViews
{
    /// <param name="gate">As it stands.</param>
    /// <param name="spec">As the plan has it.</param>
    /// <param name="rollout">Whose plan.</param>
    /// <param name="deviceId">Whose gate; empty for one that the rollout keeps.</param>
    internal static GateView Of(GateState gate, GateSpec spec, string rollout, string deviceId) => new()
    {
        Key = gate.Key,
        Rollout = rollout,
        DeviceId = deviceId,
        Name = gate.Name,
        Phase = spec.Phase,
        Kind = spec.Kind,
        Status = gate.Status,
        Since = gate.Since,
        OpenUntil = gate.OpenUntil,
        Actor = gate.Actor,
        Evidence = gate.Evidence,
        Role = spec.Kind == GateKind.Manual ? spec.Role : null,
        Scope = spec.Scope,
    };
}
