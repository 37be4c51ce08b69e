using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Errors;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Routing;

/// <summary>One partition's runner of one endpoint, which takes what a test says, with log, checkpoint and clock in memory.</summary>
internal sealed class RouteWorld : IEndpointSink
{
    private readonly ConcurrentQueue<long> delivered = [];
    private readonly ConcurrentQueue<DeadLetter> letters = [];
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly RouteLog log;
    private readonly RouteRunner runner;
    private readonly DeliveryStatistics statistics;
    private Task run = Task.CompletedTask;
    private int tries;

    internal RouteWorld(string condition, long from = 0)
    {
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        log = new RouteLog(Clock);
        statistics = new DeliveryStatistics(services.GetRequiredService<IMeterFactory>(), Clock, services);
        var context = new RouteContext(
            log,
            Checkpoints,
            new SenderTwins(_ => Task.FromResult(Twin())),
            AddLettersAsync,
            statistics,
            new RoutingOptions(),
            Clock,
            NullLogger.Instance);
        var route = CompiledRoute.Of(new StoredRoute { Name = "r", Revision = 2, Spec = new RouteSpec { Condition = condition, Endpoint = "e" }, From = [from] });
        var endpoint = new StoredEndpoint { Name = "e", Revision = 1, Spec = new EndpointSpec.Webhook("https://example.com") };
        runner = new RouteRunner(new EndpointPlan(endpoint, [route!]), partition: 0, this, context);
    }

    internal WatchedClock Clock { get; } = new();

    internal MemoryCheckpoints Checkpoints { get; } = new();

    internal ConcurrentQueue<Func<int, SinkReply>> Answers { get; } = [];

    internal bool Failing { get; set; }

    /// <summary>Offsets for which whatever they come with is refused whole.</summary>
    internal HashSet<long> Poison { get; set; } = [];

    internal long Dropped => statistics.Report(null).Endpoints.Sum(static entry => entry.Status.Dropped);

    internal Func<TwinReply> Twin { get; set; } = static () => new TwinReply.Refused(new Refusal(HubErrorCode.DeviceNotFound, "none"));

    internal int Tries => Volatile.Read(ref tries);

    internal IEnumerable<long> Delivered => delivered;

    internal IEnumerable<DeadLetter> Letters => letters;

    internal void Start() => run = Task.Run(() => runner.RunAsync(stop.Token));

    /// <summary>Null: an event that nobody can judge.</summary>
    internal void Append(params string?[] values) => log.Append(values);

    internal void Trim(long first) => log.Trim(first);

    /// <summary>Looks until it holds, while as little time passes as must.</summary>
    internal async Task BecomesAsync(Func<bool> condition)
    {
        for (var looks = 1; !condition(); looks++)
        {
            await Task.Delay(1, patience.Token);
            if (looks % 20 == 0)
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>Lets time pass minute by minute, each once the runner has done what was due before it.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMinutes(1))
        {
            await SettledAsync();
            Clock.Advance(TimeSpan.FromMinutes(1));
        }

        await SettledAsync();
    }

    public int Fit(ReadOnlySpan<RoutedEvent> events) => events.Length;

    public Task<SinkReply> DeliverAsync(ReadOnlyMemory<RoutedEvent> events, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref tries);
        var reply = events.ToArray().Any(routed => Poison.Contains(routed.Event.Offset)) ? new SinkReply(0, new SinkFault("never", events.Length))
            : Failing ? new SinkReply(0, new SinkFault("away"))
            : Answers.TryDequeue(out var answer) ? answer(events.Length) : new SinkReply(events.Length, null);
        foreach (var routed in events[..reply.Delivered].ToArray())
        {
            delivered.Enqueue(routed.Event.Offset);
        }

        return Task.FromResult(reply);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await stop.CancelAsync();
        await run;
        stop.Dispose();
        patience.Dispose();
        await services.DisposeAsync();
    }

    // It waits for the clock or for the log.
    private async Task SettledAsync()
    {
        while (Clock.Pending == 0 && !log.IsWaitedFor)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task AddLettersAsync(string endpoint, int partition, ImmutableArray<DeadLetter> added)
    {
        foreach (var letter in added)
        {
            letters.Enqueue(letter);
        }

        return Task.CompletedTask;
    }
}
