using System.Diagnostics.Metrics;

namespace Muster.Upstream;

/// <summary>What the client of the upstream hub counts. Meter <c>Muster.Upstream</c>; no device in any tag.</summary>
internal sealed class UpstreamInstruments
{
    /// <summary>The meter's name, for exporters.</summary>
    internal const string MeterName = "Muster.Upstream";

    private readonly Meter meter;
    private readonly Counter<long> requests;
    private readonly Counter<long> throttled;
    private readonly Counter<double> paused;
    private readonly UpDownCounter<long> receivers;
    private readonly Counter<long> skipped;

    public UpstreamInstruments(IMeterFactory meters)
    {
        meter = meters.Create(MeterName);
        requests = meter.CreateCounter<long>("muster.upstream.requests", "{call}", "Calls of the upstream hub, by kind and outcome");
        throttled = meter.CreateCounter<long>("muster.upstream.throttled", "{call}", "Calls that the upstream hub put off because there were too many");
        paused = meter.CreateCounter<double>("muster.upstream.paused", "s", "Time for which nobody calls the upstream hub because it asked for that");
        receivers = meter.CreateUpDownCounter<long>("muster.upstream.receivers", "{receiver}", "Open receivers of the upstream hub's events and queues");
        skipped = meter.CreateCounter<long>("muster.upstream.events.skipped", "{event}", "Events of the upstream hub that mean nothing here");
    }

    internal void Called(string kind, string outcome) =>
        requests.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));

    internal void Throttled() => throttled.Add(1);

    internal void Paused(TimeSpan time) => paused.Add(time.TotalSeconds);

    internal void Opened() => receivers.Add(1);

    internal void Closed() => receivers.Add(-1);

    internal void Skipped() => skipped.Add(1);

    /// <summary>Shows what the budget is now, and who waits for it.</summary>
    internal void Watch(UpstreamBudget budget)
    {
        meter.CreateObservableGauge("muster.upstream.waiting", () => budget.Waiting, "{call}", "Calls that wait for their turn");
        meter.CreateObservableGauge("muster.upstream.budget", () => budget.Rate, "{call}/s", "REST calls a second that this silo may make");
    }
}
