using System.Diagnostics.Metrics;

namespace Muster.Telemetry;

/// <summary>What the partition pumps tell of themselves.</summary>
internal sealed class PumpInstruments
{
    /// <summary>The meter's name, for exporters.</summary>
    internal const string MeterName = "Muster.Telemetry";

    // A partition that was lost with its folder goes on at the microseconds since 1970: how many events are missing then, nobody knows.
    private const long MostInOneGap = 1L << 40;

    private readonly Counter<long> observed;
    private readonly Counter<long> retries;
    private readonly Counter<long> leftBehind;
    private readonly Counter<long> dropped;
    private readonly long[] handled = new long[PartitionHash.EventPartitions];

    public PumpInstruments(IMeterFactory meters, IEventLog log)
    {
        var meter = meters.Create(MeterName);
        observed = meter.CreateCounter<long>("muster.telemetry.observed", "{event}", "Events that reached their device and are durable there");
        retries = meter.CreateCounter<long>("muster.telemetry.observe.retries", "{call}", "Calls to devices that failed and were made again");
        leftBehind = meter.CreateCounter<long>("muster.telemetry.left_behind", "{event}", "Events that their device failed to take until the pump went on without it");
        dropped = meter.CreateCounter<long>(
            "muster.telemetry.dropped_unobserved", "{event}", "Events that the log dropped before the pump came to them; 1 where nobody knows how many");
        meter.CreateObservableGauge("muster.telemetry.pump.lag", () => Lag(log), "{event}", "Events in the log that the pump has not handled yet");
        Array.Fill(handled, -1);
    }

    internal void Owns(int partition, long nextOffset) => Volatile.Write(ref handled[partition], nextOffset);

    internal void Releases(int partition) => Volatile.Write(ref handled[partition], -1);

    internal void Observed(int partition, int events, long nextOffset)
    {
        observed.Add(events);
        Owns(partition, nextOffset);
    }

    internal void Retried() => retries.Add(1);

    internal void LeftBehind(int events) => leftBehind.Add(events);

    internal void Dropped(long events) => dropped.Add(events <= MostInOneGap ? events : 1);

    private List<Measurement<long>> Lag(IEventLog log)
    {
        var lags = new List<Measurement<long>>();
        for (var partition = 0; partition < Math.Min(handled.Length, log.PartitionCount); partition++)
        {
            if (Volatile.Read(ref handled[partition]) is >= 0 and var next)
            {
                lags.Add(new(Math.Max(0, log.Describe(partition).NextOffset - next), new KeyValuePair<string, object?>("partition", partition)));
            }
        }

        return lags;
    }
}
