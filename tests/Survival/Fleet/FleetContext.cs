namespace Muster.Survival;

/// <summary>What all devices of a run share.</summary>
/// <param name="Pace">Between two operations of one device, on average.</param>
internal sealed record FleetContext(HubTarget Hub, WireCounters Wire, LoadCounters Load, LoadGate Gate, Faults Faults, TimeSpan Pace);

/// <summary>What was done in a round.</summary>
internal sealed class LoadCounters
{
    internal int Reports;
    internal int Messages;
    internal int Changes;
    internal int Methods;

    /// <summary>Answered "later", or not at all.</summary>
    internal int Unanswered;
    internal int MethodsUnanswered;

    internal void Reset() => Reports = Messages = Changes = Methods = Unanswered = MethodsUnanswered = 0;
}
