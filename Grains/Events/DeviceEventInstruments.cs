using System.Diagnostics.Metrics;

namespace Muster.Events;

/// <summary>What the queue of events counts.</summary>
internal sealed class DeviceEventInstruments
{
    internal const string MeterName = "Muster.Events";
    private readonly Counter<long> written;
    private readonly Counter<long> lost;

    public DeviceEventInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        written = meter.CreateCounter<long>("muster.events.written", "{event}", "Events of twins, registrations and connections that were written to the log.");
        lost = meter.CreateCounter<long>("muster.events.lost", "{event}", "Such events that could not be written.");
    }

    internal void Written(int count) => written.Add(count);

    internal void Lost(int count) => lost.Add(count);
}
