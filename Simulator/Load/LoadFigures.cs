using System.Collections.Concurrent;
using HdrHistogram;

namespace Muster.Simulation.Load;

/// <summary>What became of the operations of one kind.</summary>
/// <param name="Offered">How many were due.</param>
/// <param name="Done">How many succeeded, whose latencies are counted.</param>
/// <param name="Failures">How many failed, by reason.</param>
/// <param name="Latency">Microseconds.</param>
internal sealed record KindFigures(LoadKind Kind, long Offered, long Done, IReadOnlyDictionary<string, long> Failures, HistogramBase Latency)
{
    internal long Failed => Failures.Values.Sum();

    internal double Milliseconds(double percentile) => Latency.GetValueAtPercentile(percentile) / 1000.0;
}

/// <summary>Counts and times the operations of one kind, from many threads.</summary>
internal sealed class KindRecorder(LoadKind kind, TimeProvider clock)
{
    private const int MaxReasons = 20;
    private const long HighestMicroseconds = 600_000_000;
    private readonly HistogramBase latency = HistogramFactory.With64BitBucketSize().WithValuesFrom(1).WithValuesUpTo(HighestMicroseconds)
        .WithPrecisionOf(3).WithThreadSafeWrites().Create();

    private readonly ConcurrentDictionary<string, long> failures = new();
    private long offered;
    private long done;

    internal void OnOffered() => Interlocked.Increment(ref offered);

    internal void OnDone(long due)
    {
        Interlocked.Increment(ref done);
        latency.RecordValue(Math.Clamp((long)clock.GetElapsedTime(due).TotalMicroseconds, 1, HighestMicroseconds));
    }

    internal void OnFailed(string reason) => failures.AddOrUpdate(
        failures.Count < MaxReasons || failures.ContainsKey(reason) ? reason : "other", 1, (_, count) => count + 1);

    internal KindFigures Read() => new(kind, Volatile.Read(ref offered), Volatile.Read(ref done), failures.ToDictionary(), latency);
}
