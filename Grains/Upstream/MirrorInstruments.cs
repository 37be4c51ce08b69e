using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Muster.Upstream;

/// <summary>What the mirror of the upstream hub tells of itself.</summary>
internal sealed class MirrorInstruments
{
    /// <summary>The meter's name, for exporters.</summary>
    internal const string MeterName = "Muster.Upstream.Mirror";

    private readonly Counter<long> mirrored;
    private readonly Counter<long> dropped;
    private readonly Counter<long> leftBehind;
    private readonly Counter<long> readAgain;
    private readonly Counter<long> rounds;
    private readonly Counter<long> forwarded;
    private readonly ConcurrentDictionary<int, double> lags = [];
    private long foreign;
    private long completedAt;

    public MirrorInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        mirrored = meter.CreateCounter<long>(
            "muster.upstream.mirror.events", "{event}", "Events of the upstream hub that stand in this log and were told to their devices");
        dropped = meter.CreateCounter<long>(
            "muster.upstream.mirror.dropped", "{event}", "Events that the upstream hub dropped before they were read");
        leftBehind = meter.CreateCounter<long>(
            "muster.upstream.mirror.left_behind", "{device}", "Devices that could not be told in time, and are left to the next round");
        readAgain = meter.CreateCounter<long>(
            "muster.upstream.mirror.read_again", "{device}", "Devices that a round found to differ, and that were read again");
        rounds = meter.CreateCounter<long>(
            "muster.upstream.mirror.rounds", "{round}", "Rounds in which the whole fleet was compared with the upstream hub's");
        forwarded = meter.CreateCounter<long>(
            "muster.upstream.mirror.records", "{record}", "Feedback and notices of files that were taken over");
        meter.CreateObservableGauge(
            "muster.upstream.mirror.lag", Lags, "s", "How long ago the upstream hub took the last event that was mirrored, when it was");
        meter.CreateObservableGauge(
            "muster.upstream.mirror.foreign", () => Volatile.Read(ref foreign), "{device}", "Devices of this cluster that are not of the upstream hub");
        meter.CreateObservableGauge(
            "muster.upstream.mirror.completed", () => Volatile.Read(ref completedAt), "s", "When the last round was completed, in seconds since 1970");
    }

    internal void Mirrored(int partition, int events, TimeSpan lag)
    {
        mirrored.Add(events);
        lags[partition] = Math.Max(0, lag.TotalSeconds);
    }

    internal void Releases(int partition) => lags.TryRemove(partition, out _);

    internal void Dropped(long events) => dropped.Add(events);

    internal void LeftBehind() => leftBehind.Add(1);

    internal void ReadAgain() => readAgain.Add(1);

    internal void Forwarded(int records) => forwarded.Add(records);

    internal void Completed(long foreignRows, DateTimeOffset at)
    {
        rounds.Add(1);
        Volatile.Write(ref foreign, foreignRows);
        Volatile.Write(ref completedAt, at.ToUnixTimeSeconds());
    }

    private IEnumerable<Measurement<double>> Lags() =>
        lags.Select(lag => new Measurement<double>(lag.Value, new KeyValuePair<string, object?>("partition", lag.Key)));
}
