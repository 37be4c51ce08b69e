using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Simulation.Load;

public sealed class LoadTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(3)]
    [InlineData(0.5)]
    public void A_rate_makes_as_many_operations_due_as_it_says_evenly_spaced(double perSecond)
    {
        var clock = new FakeTimeProvider();
        var start = clock.GetTimestamp();
        var schedule = new ArrivalSchedule(perSecond, start, clock);
        clock.Advance(TimeSpan.FromSeconds(100));
        var taken = new List<TimeSpan>();
        while (schedule.TryTake(clock.GetTimestamp(), out var due))
        {
            taken.Add(clock.GetElapsedTime(start, due));
        }

        Assert.Equal((int)(100 * perSecond) + 1, taken.Count);
        Assert.Equal(TimeSpan.Zero, taken[0]);
        Assert.All(taken.Zip(taken.Skip(1)), pair => Assert.Equal(1 / perSecond, (pair.Second - pair.First).TotalSeconds, 5));
    }

    [Fact]
    public void Nothing_is_due_before_its_time()
    {
        var clock = new FakeTimeProvider();
        var schedule = new ArrivalSchedule(1, clock.GetTimestamp(), clock);
        Assert.True(schedule.TryTake(clock.GetTimestamp(), out _));
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(schedule.TryTake(clock.GetTimestamp(), out _));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(schedule.TryTake(clock.GetTimestamp(), out _));
    }

    [Fact]
    public void What_a_stall_kept_waiting_counts_with_its_waiting()
    {
        var clock = new FakeTimeProvider();
        var schedule = new ArrivalSchedule(100, clock.GetTimestamp(), clock);
        var recorder = new KindRecorder(LoadKind.Telemetry, clock);

        // A hub that stands still for a second and then answers everything at once.
        clock.Advance(TimeSpan.FromSeconds(1));
        while (schedule.TryTake(clock.GetTimestamp(), out var due))
        {
            recorder.OnOffered();
            recorder.OnDone(due);
        }

        var figures = recorder.Read();
        Assert.Equal((101, 101), (figures.Offered, figures.Done));
        Assert.InRange(figures.Milliseconds(50), 490, 510);
        Assert.InRange(figures.Milliseconds(100), 999, 1001);
    }

    [Fact]
    public void Failures_are_counted_by_reason_and_the_reasons_are_bounded()
    {
        var recorder = new KindRecorder(LoadKind.Method, TimeProvider.System);
        for (var i = 0; i < 1000; i++)
        {
            recorder.OnFailed($"reason {i}");
        }

        var figures = recorder.Read();
        Assert.Equal(1000, figures.Failed);
        Assert.InRange(figures.Failures.Count, 2, 22);
        Assert.Equal(1, figures.Failures["reason 0"]);
    }

    [Fact]
    public async Task A_run_offers_each_kind_to_every_device_in_turn_and_reports_what_failed()
    {
        await using var target = new CountingTarget();
        using var run = new LoadRun(Options(rate: 2000), target, TimeProvider.System);
        var result = await run.RunAsync(_ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(4, target.Connected.Distinct().Count());
        Assert.Equal(4, result.Connects!.Figures.Done);
        var writes = Assert.Single(result.Kinds);
        Assert.Equal(writes.Offered, writes.Done + writes.Failed);
        Assert.Equal(400, writes.Offered);
        Assert.Equal(100, writes.Failures["device 3 never can"]);

        var report = LoadReport.From(Options(rate: 2000), result, DateTimeOffset.UnixEpoch);
        Assert.Equal(["connect", "twin write"], report.Rows.Select(row => row.Kind));
        Assert.Contains("| twin write | 400 | 300 | 100 |", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains("twin write failed: device 3 never can 100.", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.NotNull(JsonSerializer.Serialize(report));
    }

    [Fact]
    public async Task Its_command_line_has_ranges_and_refuses_what_an_Orleans_client_cannot_do()
    {
        LoadOptions? seen = null;
        var command = LoadCommand.Create((options, _) => Task.FromResult((seen = options) is null ? 1 : 0));
        var parsed = command.Parse(["--load", "--devices", "7", "--twin-writes", "12.5", "--client", "orleans", "--connect-rate", "0"]);
        Assert.Equal(0, await parsed.InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((7, LoadClient.Orleans, 0d), (seen!.Devices, seen.Client, seen.ConnectRate));
        Assert.Equal([new(LoadKind.TwinWrite, 12.5)], seen.Rates);
        Assert.Single(command.Parse(["--load", "--devices", "0"]).Errors);
        Assert.Single(command.Parse(["--load", "--client", "orleans", "--methods", "1"]).Errors);
    }

    private static LoadOptions Options(double rate) => new()
    {
        Connection = "unused",
        Client = LoadClient.Wire,
        Devices = 4,
        ConnectRate = 0,
        ConnectsAtOnce = 2,
        Rates = new Dictionary<LoadKind, double> { [LoadKind.TwinWrite] = rate },
        WarmUp = TimeSpan.Zero,
        Duration = TimeSpan.FromSeconds(0.2),
        PayloadBytes = 10,
        InFlight = 8,
        Results = "unused",
        SecurityFolder = null,
    };

    private sealed class CountingTarget : ILoadTarget
    {
        internal System.Collections.Concurrent.ConcurrentBag<int> Connected { get; } = [];

        public bool Has(LoadKind kind) => true;

        public Task RegisterAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RunAsync(LoadKind kind, int device, CancellationToken cancellationToken)
        {
            if (kind == LoadKind.Connect)
            {
                Connected.Add(device);
            }

            return kind == LoadKind.TwinWrite && device == 3 ? throw new LoadFailedException("device 3 never can") : Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
