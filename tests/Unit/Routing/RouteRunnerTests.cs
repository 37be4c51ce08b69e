using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Muster.Errors;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Routing;

public sealed class RouteRunnerTests
{
    [Fact]
    public async Task What_its_routes_take_is_delivered_and_the_checkpoint_follows()
    {
        await using var world = new World("a = 'x'");
        world.Append("x", "y", "x", "y");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 2L], world.Delivered);
        world.Append("x");
        await world.BecomesAsync(() => world.Checkpoints.Next == 5);
        Assert.Equal([0L, 2L, 4L], world.Delivered);
    }

    [Fact]
    public async Task Events_from_before_the_route_are_not_its_own()
    {
        await using var world = new World("true", from: 2);
        world.Append("x", "x", "x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([2L], world.Delivered);
    }

    [Fact]
    public async Task After_a_part_was_taken_only_the_rest_is_sent_again()
    {
        await using var world = new World("true");
        world.Append("x", "x", "x");
        world.Answers.Enqueue(static _ => new SinkReply(1, new SinkFault("later")));
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 1L, 2L], world.Delivered);
        Assert.Empty(world.Letters);
    }

    [Fact]
    public async Task What_is_refused_becomes_a_dead_letter_at_once_and_the_rest_goes_on()
    {
        await using var world = new World("true");
        world.Append("x", "x", "x");
        world.Answers.Enqueue(static _ => new SinkReply(1, new SinkFault("never", Refused: 1)));
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 2L], world.Delivered);
        var letter = Assert.Single(world.Letters);
        Assert.Equal((1L, "never", "r"), (letter.Event.Offset, letter.Reason, letter.Routes.Single()));
        Assert.Equal(2, world.Tries);
    }

    [Fact]
    public async Task What_cannot_be_judged_is_not_taken_and_holds_nothing_up()
    {
        await using var world = new World("a = 'x'");
        world.Append("x", null, "x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([0L, 2L], world.Delivered);
        Assert.Empty(world.Letters);
    }

    [Fact]
    public async Task What_the_log_dropped_before_the_endpoint_came_to_it_is_counted()
    {
        await using var world = new World("true");
        world.Append("x", "x", "x", "x");
        world.Trim(3);
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 4);
        Assert.Equal([3L], world.Delivered);
        Assert.Equal(3, world.Dropped);
    }

    [Fact]
    public async Task What_is_dropped_while_nothing_is_left_counts_once()
    {
        await using var world = new World("true");
        world.Append("x", "x");
        world.Trim(2);
        world.Start();
        await world.BecomesAsync(() => world.Dropped == 2);
        world.Append("x");

        await world.BecomesAsync(() => world.Checkpoints.Next == 3);
        Assert.Equal([2L], world.Delivered);
        Assert.Equal(2, world.Dropped);
    }

    [Fact]
    public async Task Of_many_events_that_are_refused_together_only_those_to_blame_become_dead_letters()
    {
        await using var world = new World("true");
        world.Append([.. Enumerable.Repeat("x", 40)]);
        world.Poison = [7, 23];
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 40);
        Assert.Equal(Enumerable.Range(0, 40).Select(static i => (long)i).Except([7L, 23L]), world.Delivered);
        Assert.Equal([7L, 23L], world.Letters.Select(static letter => letter.Event.Offset));
        Assert.InRange(world.Tries, 3, 30);
    }

    [Fact]
    public async Task In_an_outage_every_event_has_its_own_hour()
    {
        await using var world = new World("true");
        world.Append("x");
        world.Failing = true;
        world.Start();
        await world.BecomesAsync(() => world.Tries > 0);
        await world.PassAsync(TimeSpan.FromMinutes(40));
        world.Append("x");
        Assert.Empty(world.Letters);

        await world.PassAsync(TimeSpan.FromMinutes(30));
        Assert.Equal([0L], world.Letters.Select(letter => letter.Event.Offset));
        world.Failing = false;
        await world.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal([1L], world.Delivered);
        Assert.Equal([0L], world.Letters.Select(letter => letter.Event.Offset));
        Assert.InRange(world.Tries, 10, 40);
    }

    [Fact]
    public async Task Events_that_waited_long_before_the_endpoint_began_to_fail_have_an_hour_too()
    {
        await using var world = new World("true");
        world.Append("x");
        world.Clock.Advance(TimeSpan.FromHours(5));
        world.Failing = true;
        world.Start();
        await world.BecomesAsync(() => world.Tries > 0);

        await world.PassAsync(TimeSpan.FromMinutes(50));
        Assert.Empty(world.Letters);
        await world.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Single(world.Letters);
    }

    [Fact]
    public async Task A_runner_that_lost_its_lease_goes_on_from_the_checkpoint_once_it_has_it_again()
    {
        await using var world = new World("true");
        world.Append("x", "x");
        world.Checkpoints.TakeOverAtNextSave = true;
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 2);
        Assert.Equal([0L, 1L, 0L, 1L], world.Delivered);
    }

    [Fact]
    public async Task A_twin_that_cannot_be_read_is_no_reason_to_pass_an_event_over()
    {
        await using var world = new World("$twin.tags.site = 'north'");
        var tries = 0;
        world.Twin = () => ++tries < 3
            ? throw new TimeoutException("the silo is away")
            : new TwinReply.Found(Json.JsonUtf8.Parse("""{"tags":{"site":"north"}}"""), "", 1);
        world.Append("x", "x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 2);
        Assert.Equal([0L, 1L], world.Delivered);
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task A_device_without_a_twin_has_no_tags()
    {
        await using var world = new World("NOT is_defined($twin.tags.site)");
        world.Append("x");
        world.Start();

        await world.BecomesAsync(() => world.Checkpoints.Next == 1);
        Assert.Equal([0L], world.Delivered);
    }

    private sealed class World : IEndpointSink
    {
        private readonly ConcurrentQueue<long> delivered = [];
        private readonly ConcurrentQueue<DeadLetter> letters = [];
        private readonly CancellationTokenSource stop = new();
        private readonly CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly MemoryLog log;
        private readonly RouteRunner runner;
        private readonly DeliveryStatistics statistics;
        private Task run = Task.CompletedTask;
        private int tries;

        internal World(string condition, long from = 0)
        {
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            log = new MemoryLog(Clock);
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

    /// <summary>Knows how many timers have not come to their time yet.</summary>
    private sealed class WatchedClock() : FakeTimeProvider(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero))
    {
        private int pending;

        internal int Pending => Volatile.Read(ref pending);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref pending);
            return base.CreateTimer(
                given =>
                {
                    Interlocked.Decrement(ref pending);
                    callback(given);
                },
                state, dueTime, period);
        }
    }

    private sealed class MemoryLog(TimeProvider clock) : IEventLog
    {
        private readonly Lock gate = new();
        private readonly List<StoredEvent> events = [];
        private long first;
        private TaskCompletionSource appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int PartitionCount => 1;

        internal bool IsWaitedFor { get; private set; }

        internal void Trim(long offset)
        {
            lock (gate)
            {
                first = offset;
            }
        }

        internal void Append(string?[] values)
        {
            lock (gate)
            {
                events.AddRange(values.Select((value, i) => new StoredEvent
                {
                    Partition = 0,
                    Offset = events.Count + i,
                    EnqueuedAt = clock.GetUtcNow(),
                    DeviceId = "d",
                    SystemProperties = [],
                    Properties = value is null ? default : [new("a", value)],
                    Body = default,
                }).ToList());
                appended.SetResult();
                appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => throw new NotSupportedException();

        public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken)
        {
            lock (gate)
            {
                return ValueTask.FromResult(events.Skip((int)Math.Max(first, fromOffset)).Take(maxEvents).ToImmutableArray());
            }
        }

        public async ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken)
        {
            while (Describe(partition).NextOffset <= offset)
            {
                await NextAppend(offset).WaitAsync(cancellationToken);
            }

            IsWaitedFor = false;
        }

        public PartitionStatus Describe(int partition)
        {
            lock (gate)
            {
                return new(partition, first, events.Count, null);
            }
        }

        public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) => throw new NotSupportedException();

        private Task NextAppend(long offset)
        {
            lock (gate)
            {
                IsWaitedFor = events.Count <= offset;
                return IsWaitedFor ? appended.Task : Task.CompletedTask;
            }
        }
    }

    private sealed class MemoryCheckpoints : ICheckpointStore
    {
        private readonly Lock gate = new();
        private long epoch;

        internal long Next { get; private set; }

        internal bool TakeOverAtNextSave { get; set; }

        public Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken)
        {
            lock (gate)
            {
                return Task.FromResult(new CheckpointLease(consumer, partition, ++epoch, Next));
            }
        }

        public Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken)
        {
            lock (gate)
            {
                epoch += TakeOverAtNextSave ? 1 : 0;
                TakeOverAtNextSave = false;
                var isMine = lease.Epoch == epoch;
                Next = isMine ? nextOffset : Next;
                return Task.FromResult(isMine);
            }
        }
    }
}
