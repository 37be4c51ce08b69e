using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muster.Log;
using Xunit;

namespace Muster.Telemetry;

public sealed class PartitionPumpTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Devices_are_told_what_stands_in_the_log_and_the_checkpoint_follows()
    {
        await using var world = new World();
        await world.AppendAsync("a", "b", "a");
        var run = world.Start();
        await world.AppendAsync("b");

        await world.Checkpoints.ReachesAsync(4);
        Assert.Equal([0L, 2L], world.Seen("a"));
        Assert.Equal([1L, 3L], world.Seen("b"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task The_checkpoint_waits_for_the_device_that_failed_and_the_others_are_told_meanwhile()
    {
        await using var world = new World();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mended = false;
        world.OnObserve = device =>
        {
            if (device == "a" && !Volatile.Read(ref mended))
            {
                failed.TrySetResult();
                throw new InvalidOperationException("storage is away");
            }
        };
        await world.AppendAsync("a", "b");
        var run = world.Start();

        await failed.Task.WaitAsync(Cancelled);
        Assert.Equal(0, world.Checkpoints.Next);
        Volatile.Write(ref mended, true);
        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal([0L], world.Seen("a"));
        Assert.Equal([1L], world.Seen("b"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_that_lost_its_lease_saves_nothing_and_goes_on_from_the_checkpoint_once_it_has_it_again()
    {
        await using var world = new World();
        await world.AppendAsync("a", "a");
        world.Checkpoints.TakeOverAtNextSave = true;
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal(3, world.Checkpoints.Epoch);
        Assert.Equal([0L, 1L, 0L, 1L], world.Seen("a"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_goes_on_behind_what_was_handled_before_it_started()
    {
        await using var world = new World();
        await world.AppendAsync("a", "a", "a");
        world.Checkpoints.Next = 2;
        var run = world.Start();

        await world.Checkpoints.ReachesAsync(3);
        Assert.Equal([2L], world.Seen("a"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_whose_events_were_all_trimmed_rests_until_one_comes()
    {
        await using var world = new World();
        await world.AppendAsync("a", "a");
        await world.TrimAllAsync();
        var run = world.Start();

        await world.Log.IsWaitedForAsync(2);
        Assert.Equal([0L, 2L], world.Log.WaitedFor);
        await world.AppendAsync("a");
        await world.Checkpoints.ReachesAsync(3);
        Assert.Equal([2L], world.Seen("a"));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_device_that_fails_for_too_long_is_left_behind_and_offered_each_batch_once_until_it_takes_one()
    {
        await using var world = new World();
        world.Options.GiveUpAfter = TimeSpan.FromMilliseconds(1);
        var (offered, mended) = (0, false);
        world.OnObserve = device =>
        {
            if (device == "a" && !Volatile.Read(ref mended))
            {
                Interlocked.Increment(ref offered);
                throw new InvalidOperationException("poisoned");
            }
        };
        await world.AppendAsync("a", "b");
        var run = world.Start();
        await world.Checkpoints.ReachesAsync(2);
        Assert.Equal([1L], world.Seen("b"));

        var before = offered;
        await world.AppendAsync("a", "b");
        await world.Checkpoints.ReachesAsync(4);
        Assert.Equal(before + 1, offered);

        Volatile.Write(ref mended, true);
        await world.AppendAsync("a", "b");
        await world.Checkpoints.ReachesAsync(6);
        Assert.Equal([4L], world.Seen("a"));
        Assert.Equal([1L, 3L, 5L], world.Seen("b"));
        Assert.Equal([6006, 6007], world.Messages.Where(id => id is 6006 or 6007));
        await world.StopAsync(run);
    }

    [Fact]
    public async Task A_pump_whose_log_ends_before_the_checkpoint_says_so_once_and_waits_for_the_log()
    {
        await using var world = new World();
        await world.AppendAsync("a", "a");
        world.Checkpoints.Next = 4;
        var run = world.Start();
        while (!world.Messages.Contains(6008))
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await world.AppendAsync("a", "a", "a");
        await world.Checkpoints.ReachesAsync(5);
        Assert.Equal([4L], world.Seen("a"));
        Assert.Single(world.Messages, 6008);
        await world.StopAsync(run);
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly LogFixture log = LogFixture.Opened();
        private readonly EventIds logger = new();
        private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly ConcurrentQueue<(string Device, long Offset)> seen = [];
        private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        internal World() => Log = new WatchedLog(log.Log);

        internal WatchedLog Log { get; }

        internal MemoryCheckpoints Checkpoints { get; } = new();

        internal Action<string>? OnObserve { get; set; }

        internal PumpOptions Options { get; } = new() { MaxRetryDelay = TimeSpan.FromMilliseconds(100) };

        internal IReadOnlyCollection<int> Messages => logger.Messages;

        internal IEnumerable<long> Seen(string device) => seen.Where(e => e.Device == device).Select(e => e.Offset);

        internal Task Start()
        {
            var instruments = new PumpInstruments(services.GetRequiredService<IMeterFactory>(), Log);
            var observers = new DeviceObservers(ObserveAsync, instruments, Options, TimeProvider.System, logger);
            var context = new PumpContext(Log, Checkpoints, observers, instruments, Options, TimeProvider.System, logger);
            return new PartitionPump(0, context).RunAsync(stop.Token);
        }

        internal async Task StopAsync(Task run)
        {
            await stop.CancelAsync();
            await run.WaitAsync(Cancelled);
        }

        internal async Task AppendAsync(params string[] devices)
        {
            var buffer = new ArrayBufferWriter<byte>();
            foreach (var device in devices)
            {
                new EventWriter(buffer, new EventOrigin(device, null, "1", "{}"), EventSource.Telemetry).End(ReadOnlySequence<byte>.Empty);
            }

            await log.Log.AppendAsync(0, buffer.WrittenMemory, devices.Length);
        }

        internal async Task TrimAllAsync()
        {
            log.Clock.Advance(log.Options.Retention + TimeSpan.FromHours(2));
            while (Log.Describe(0).FirstOffset < Log.Describe(0).NextOffset)
            {
                Cancelled.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await log.DisposeAsync();
            stop.Dispose();
            await services.DisposeAsync();
        }

        private Task ObserveAsync(string device, ObservationBatch batch)
        {
            OnObserve?.Invoke(device);
            foreach (var observation in batch.Events)
            {
                seen.Enqueue((device, observation.Offset));
            }

            return Task.CompletedTask;
        }
    }

    private sealed class EventIds : ILogger
    {
        internal ConcurrentQueue<int> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(eventId.Id);
    }

    private sealed class WatchedLog(IEventLog log) : IEventLog
    {
        private readonly ConcurrentQueue<long> waitedFor = [];

        internal IEnumerable<long> WaitedFor => waitedFor;

        public int PartitionCount => log.PartitionCount;

        public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => log.AppendAsync(partition, records, count);

        public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(
            int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
            log.ReadAsync(partition, fromOffset, maxEvents, maxBytes, cancellationToken);

        public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken)
        {
            waitedFor.Enqueue(offset);
            return log.WaitForAsync(partition, offset, cancellationToken);
        }

        public PartitionStatus Describe(int partition) => log.Describe(partition);

        public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) =>
            log.FindAsync(partition, from, cancellationToken);

        internal async Task IsWaitedForAsync(int times)
        {
            while (waitedFor.Count < times)
            {
                Cancelled.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    private sealed class MemoryCheckpoints : ICheckpointStore
    {
        private readonly Lock gate = new();
        private readonly List<(long Offset, TaskCompletionSource Reached)> waiters = [];

        internal long Next { get; set; }

        internal long Epoch { get; private set; }

        internal bool TakeOverAtNextSave { get; set; }

        public Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken)
        {
            lock (gate)
            {
                return Task.FromResult(new CheckpointLease(consumer, partition, ++Epoch, Next));
            }
        }

        public Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken)
        {
            lock (gate)
            {
                if (TakeOverAtNextSave)
                {
                    TakeOverAtNextSave = false;
                    Epoch++;
                }

                if (lease.Epoch != Epoch)
                {
                    return Task.FromResult(false);
                }

                Next = nextOffset;
                waiters.ForEach(waiter => _ = Next >= waiter.Offset && waiter.Reached.TrySetResult());
                return Task.FromResult(true);
            }
        }

        internal Task ReachesAsync(long offset)
        {
            lock (gate)
            {
                var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiters.Add((offset, reached));
                return Next >= offset ? Task.CompletedTask : reached.Task.WaitAsync(Cancelled);
            }
        }
    }
}
