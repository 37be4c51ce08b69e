using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muster.Log;
using Xunit;

namespace Muster.Telemetry;

/// <summary>One partition's pump with a log of its own, checkpoints in memory, and devices that a test makes fail.</summary>
internal sealed class PumpWorld : IAsyncDisposable
{
    private readonly LogFixture log = LogFixture.Opened();
    private readonly EventIds logger = new();
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentQueue<(string Device, long Offset)> seen = [];
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
    private readonly MeterListener listener = new();
    private long dropped;

    internal PumpWorld()
    {
        Log = new WatchedLog(log.Log);
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Name == "muster.telemetry.dropped_unobserved" && instrument.Meter.Scope == Meters)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, events, _, _) => Interlocked.Add(ref dropped, events));
        listener.Start();
    }

    internal WatchedLog Log { get; }

    internal long Dropped => Interlocked.Read(ref dropped);

    internal MemoryCheckpoints Checkpoints { get; } = new();

    internal Action<string>? OnObserve { get; set; }

    internal PumpOptions Options { get; } = new() { MaxRetryDelay = TimeSpan.FromMilliseconds(100), Linger = TimeSpan.Zero };

    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Offsets that devices were told of together.</summary>
    internal ConcurrentQueue<long[]> Calls { get; } = [];

    internal IReadOnlyCollection<int> Messages => logger.Messages;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IMeterFactory Meters => services.GetRequiredService<IMeterFactory>();

    internal IEnumerable<long> Seen(string device) => seen.Where(e => e.Device == device).Select(e => e.Offset);

    internal Task Start()
    {
        var instruments = new PumpInstruments(Meters, Log);
        var observers = new DeviceObservers(ObserveAsync, instruments, Options, Clock, logger);
        var context = new PumpContext(Log, Checkpoints, observers, instruments, Options, Clock, logger);
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
        listener.Dispose();
        await services.DisposeAsync();
    }

    private Task ObserveAsync(string device, ObservationBatch batch)
    {
        OnObserve?.Invoke(device);
        Calls.Enqueue([.. batch.Events.Select(observation => observation.Offset)]);
        foreach (var observation in batch.Events)
        {
            seen.Enqueue((device, observation.Offset));
        }

        return Task.CompletedTask;
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

    internal sealed class WatchedLog(IEventLog log) : IEventLog
    {
        private readonly ConcurrentQueue<long> waitedFor = [];

        internal IEnumerable<long> WaitedFor => waitedFor;

        /// <summary>The oldest event that is still there, of those from an offset on.</summary>
        internal Func<long, long> OldestFrom { get; set; } = from => from;

        public int PartitionCount => log.PartitionCount;

        public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => log.AppendAsync(partition, records, count);

        public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(
            int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
            log.ReadAsync(partition, OldestFrom(fromOffset), maxEvents, maxBytes, cancellationToken);

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
}
