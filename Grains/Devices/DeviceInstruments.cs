using System.Diagnostics.Metrics;
using Muster.CloudToDevice;
using Muster.Errors;

namespace Muster.Devices;

/// <summary>What device grains count. No device id in any tag.</summary>
internal sealed class DeviceInstruments
{
    internal const string MeterName = "Muster.Devices";
    private readonly Counter<long> commits;
    private readonly Counter<long> failedCommits;
    private readonly Counter<long> twinChanges;
    private readonly Counter<long> attaches;
    private readonly Counter<long> methods;
    private readonly Counter<long> messagesQueued;
    private readonly Counter<long> messagesEnded;

    public DeviceInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        commits = meter.CreateCounter<long>("muster.device.commits", "{commit}", "Device rows written.");
        failedCommits = meter.CreateCounter<long>("muster.device.commits.failed", "{commit}", "Device rows that could not be written.");
        twinChanges = meter.CreateCounter<long>("muster.twin.changes", "{change}", "Accepted changes of twins.");
        attaches = meter.CreateCounter<long>("muster.session.attaches", "{session}", "Sessions that took over their device.");
        methods = meter.CreateCounter<long>("muster.method.calls", "{call}", "Direct methods by outcome.");
        messagesQueued = meter.CreateCounter<long>("muster.c2d.queued", "{message}", "Messages put into the queues of devices.");
        messagesEnded = meter.CreateCounter<long>("muster.c2d.settled", "{message}", "Messages that devices settled for good, by outcome.");
    }

    internal void OnCommitted() => commits.Add(1);

    internal void OnCommitFailed() => failedCommits.Add(1);

    internal void OnTwinChanged(string section) => twinChanges.Add(1, new KeyValuePair<string, object?>("section", section));

    internal void OnAttached() => attaches.Add(1);

    internal void OnMethodAnswered() => methods.Add(1, new KeyValuePair<string, object?>("outcome", "answered"));

    internal void OnMessageQueued() => messagesQueued.Add(1);

    internal void OnMessageEnded(MessageEnd end) => messagesEnded.Add(1, new KeyValuePair<string, object?>("outcome", end.ToString()));

    internal void OnMethodRefused(HubErrorCode code) => methods.Add(1, new KeyValuePair<string, object?>("outcome", code.ToString()));
}
