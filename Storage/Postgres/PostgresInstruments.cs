using System.Diagnostics.Metrics;

namespace Muster.Storage.Postgres;

/// <summary>What the way into the database counts. Meter <c>Muster.Storage</c>; no device in any tag.</summary>
internal sealed class PostgresInstruments
{
    internal const string MeterName = "Muster.Storage";
    private readonly Histogram<double> duration;
    private readonly Histogram<int> rows;
    private readonly UpDownCounter<long> waiting;
    private readonly Counter<long> conflicts;
    private readonly Counter<long> failures;

    public PostgresInstruments(IMeterFactory? meters)
    {
        var meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        duration = meter.CreateHistogram<double>("muster.storage.batch.duration", "s", "How long one round trip to the database took, by kind.");
        rows = meter.CreateHistogram<int>("muster.storage.batch.rows", "{row}", "Rows that shared one round trip, by kind.");
        waiting = meter.CreateUpDownCounter<long>("muster.storage.queue", "{operation}", "Operations that wait for a connection, by kind.");
        conflicts = meter.CreateCounter<long>("muster.storage.conflicts", "{row}", "Writes refused because the row had changed meanwhile.");
        failures = meter.CreateCounter<long>("muster.storage.failures", "{operation}", "Operations that failed, by kind and reason.");
    }

    internal LaneGauges Of(string kind) => new(this, new KeyValuePair<string, object?>("kind", kind));

    internal void OnBatch(TimeSpan took, int count, KeyValuePair<string, object?> kind)
    {
        duration.Record(took.TotalSeconds, kind);
        rows.Record(count, kind);
    }

    internal void OnQueued(int count, KeyValuePair<string, object?> kind) => waiting.Add(count, kind);

    internal void OnConflict() => conflicts.Add(1);

    internal void OnFailed(int count, KeyValuePair<string, object?> kind, string reason) =>
        failures.Add(count, kind, new KeyValuePair<string, object?>("reason", reason));
}

/// <summary>The same for one kind of lane.</summary>
internal sealed class LaneGauges(PostgresInstruments instruments, KeyValuePair<string, object?> kind)
{
    public void Queued(int count) => instruments.OnQueued(count, kind);

    public void Batch(TimeSpan took, int count) => instruments.OnBatch(took, count, kind);

    public void Conflict() => instruments.OnConflict();

    /// <param name="count">How many operations.</param>
    /// <param name="reason">
    /// Of writes: <c>row</c> (this one cannot be stored), <c>refused</c> (rolled back) or <c>unknown</c> (whether it was stored). Of reads: <c>read</c>.
    /// </param>
    public void Failed(int count, string reason) => instruments.OnFailed(count, kind, reason);
}
