using System.Globalization;
using Muster.Updates;

namespace Muster.Gates;

/// <summary>
/// What telemetry says of a gate that it opens. Pure. Only a value counts that came since the gate was asked for and is no older than the lease: an older one says nothing of a
/// device that may have been off the network since.
/// </summary>
internal static class TelemetryGates
{
    /// <summary>Whether the last value counts, and lies within the bounds.</summary>
    internal static bool Holds(GateSpec spec, GateState state, GateContext context) =>
        spec.Bound is { } bound && context.Facts.Telemetry(bound.Field) is { } last
            && last.At >= state.AskedAt && last.At >= context.Now - spec.Lease && last.IsWithin(bound);

    /// <summary>Whether telemetry opened the gate, and would not now. What a person opened is his to answer for, until its lease ends.</summary>
    internal static bool HasLeft(GateSpec spec, GateState state, GateContext context) =>
        spec.Kind == GateKind.Telemetry && state.Actor == GateMachine.Engine && !Holds(spec, state, context);

    /// <summary>For the history; null where the gate names no field.</summary>
    internal static string? Reading(GateSpec spec, DeviceFacts facts) => spec.Bound is not { } bound ? null
        : facts.Telemetry(bound.Field) is not { } last ? $"{bound.Field} is no number"
        : string.Create(CultureInfo.InvariantCulture, $"{bound.Field} is {last.Value}, of {UpdateView.Time(last.At)}");
}
