using System.Diagnostics.Metrics;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What is counted about rollouts. No rollout and no device is in a tag.</summary>
internal sealed class RolloutInstruments
{
    internal const string MeterName = "Muster.Rollouts";

    private readonly Counter<long> admitted;
    private readonly Counter<long> finals;
    private readonly Counter<long> messages;
    private readonly Counter<long> transitions;

    public RolloutInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        admitted = meter.CreateCounter<long>("muster.rollout.admitted", "{device}", "Devices whose turn came.");
        finals = meter.CreateCounter<long>("muster.rollout.finals", "{device}", "Devices that ended, by status.");
        messages = meter.CreateCounter<long>("muster.rollout.messages", "{message}", "Calls that rollouts received from silos.");
        transitions = meter.CreateCounter<long>("muster.rollout.transitions", "{transition}", "Changes of rollouts, by status.");
    }

    internal void OnAdmitted(int devices) => admitted.Add(devices);

    internal void OnFinal(UpdateStatus status) => finals.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));

    internal void OnMessage() => messages.Add(1);

    internal void OnMoved(RolloutStatus status) => transitions.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));
}
