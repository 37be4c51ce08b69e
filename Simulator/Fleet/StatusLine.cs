using System.Globalization;
using Spectre.Console;

namespace Muster.Simulation;

/// <summary>Says how the fleet does: one live line on a terminal, else a line now and then.</summary>
internal sealed class StatusLine(FleetOptions options, FleetCounters counters, TimeProvider clock)
{
    private static readonly TimeSpan LivePeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PlainPeriod = TimeSpan.FromSeconds(5);

    internal async Task RunAsync(CancellationToken stop)
    {
        try
        {
            // Beside a hub that writes to the same terminal, a line that redraws itself would be torn.
            await (options.IsChild || Console.IsOutputRedirected ? PlainAsync(stop) : LiveAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>The line itself.</summary>
    internal static string Text(int devices, FleetCounts counts, double sentPerSecond, string? lastFailure) => string.Create(
        CultureInfo.InvariantCulture,
        $"fleet: {counts.Connected} of {devices} connected, {sentPerSecond:0.0} messages/s, {counts.Sent} sent, {counts.Methods} methods, {counts.TwinChanges} twin changes, {counts.Drops} drops, {counts.Failures} failures{(lastFailure is null ? "" : $" (last: {lastFailure})")}");

    private Task LiveAsync(CancellationToken stop) => AnsiConsole.Live(new Text("fleet: connecting")).StartAsync(async live =>
    {
        await foreach (var text in LinesAsync(LivePeriod, stop))
        {
            live.UpdateTarget(new Text(text));
            live.Refresh();
        }
    });

    // Without a terminal someone reads it later: only what changed is worth a line.
    private async Task PlainAsync(CancellationToken stop)
    {
        FleetCounts said = default;
        await foreach (var text in LinesAsync(PlainPeriod, stop))
        {
            var now = counters.Read();
            if (now.Connected != said.Connected || now.Drops != said.Drops || now.Failures != said.Failures || (!options.IsChild && now.Sent != said.Sent))
            {
                said = now;
                await Console.Out.WriteLineAsync(text);
            }
        }
    }

    private async IAsyncEnumerable<string> LinesAsync(TimeSpan period, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        using var timer = new PeriodicTimer(period, clock);
        var before = counters.Read();
        var since = clock.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stop))
        {
            var now = counters.Read();
            var at = clock.GetTimestamp();
            yield return Text(options.Devices, now, (now.Sent - before.Sent) / clock.GetElapsedTime(since, at).TotalSeconds, counters.LastFailure);
            (before, since) = (now, at);
        }
    }
}
