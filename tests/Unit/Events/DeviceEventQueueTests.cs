using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Muster.Devices;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Events;

public sealed class DeviceEventQueueTests
{
    private static readonly DeviceState Fresh = new() { Identity = new IdentityState { GenerationId = 1 } };
    private readonly FakeTimeProvider clock = new();
    private readonly HeldLog log = new();

    [Fact]
    public async Task Events_are_written_in_the_order_in_which_they_came()
    {
        var queue = await StartedAsync(4096);
        for (var i = 0; i < 3000; i++)
        {
            await queue.PutAsync([Event("d", i)]);
        }

        log.Open();
        await queue.StopAsync();
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (long)i), log.Epochs);
    }

    [Fact]
    public async Task Whoever_has_more_than_there_is_room_for_waits_until_there_is()
    {
        var queue = await StartedAsync(64);
        await queue.PutAsync([Event("d", 0)]);
        await log.IsAppendingAsync();
        await queue.PutAsync([.. Enumerable.Range(1, 64).Select(i => Event("d", i))]);

        var waiting = queue.PutAsync([Event("d", 65)]).AsTask();
        Assert.False(waiting.IsCompleted);
        log.Open();
        await waiting.WaitAsync(TestContext.Current.CancellationToken);
        await queue.StopAsync();
        Assert.Equal(66, log.Epochs.Count);
    }

    [Fact]
    public async Task Whoever_has_more_bytes_than_there_is_room_for_waits_too()
    {
        var queue = await StartedAsync(4096, maxWaitingBytes: 1 << 20);
        await queue.PutAsync([Event("d", 0)]);
        await log.IsAppendingAsync();
        var large = Fresh with { Reported = new TwinSection { Json = new byte[600_000] } };
        var change = new DeviceEvent.TwinChanged(Key("d"), new TwinMove.Moved(large, null), isReplace: false, clock.GetUtcNow());
        await queue.PutAsync([change, change]);

        var waiting = queue.PutAsync([Event("d", 1)]).AsTask();
        Assert.False(waiting.IsCompleted);
        log.Open();
        await waiting.WaitAsync(TestContext.Current.CancellationToken);
        await queue.StopAsync();
        Assert.Equal([0, 1], log.Epochs);
    }

    [Fact]
    public async Task Whoever_waits_for_bytes_is_let_go_by_the_stop()
    {
        var queue = await StartedAsync(4096, maxWaitingBytes: 1 << 20);
        await queue.PutAsync([Event("d", 0)]);
        await log.IsAppendingAsync();
        var large = Fresh with { Reported = new TwinSection { Json = new byte[1 << 20] } };
        await queue.PutAsync([new DeviceEvent.TwinChanged(Key("d"), new TwinMove.Moved(large, null), isReplace: false, clock.GetUtcNow())]);
        var waiting = queue.PutAsync([Event("d", 1)]).AsTask();
        Assert.False(waiting.IsCompleted);
        var stopping = queue.StopAsync();
        await waiting.WaitAsync(TestContext.Current.CancellationToken);
        log.Open();
        await stopping;
    }

    [Fact]
    public async Task What_the_log_goes_on_refusing_is_given_up_and_ends_the_wait_for_it()
    {
        log.Fails = true;
        log.Open();
        var queue = await StartedAsync(64);
        var registered = new DeviceEvent.LifecycleChanged(Key("d"), Fresh, isCreated: true, clock.GetUtcNow());
        await queue.PutAsync([registered]);

        while (!registered.Written.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var next = new DeviceEvent.LifecycleChanged(Key("d"), Fresh, isCreated: true, clock.GetUtcNow());
        await queue.PutAsync([next]);
        await next.Written.WaitAsync(TestContext.Current.CancellationToken);

        log.Fails = false;
        await queue.PutAsync([Event("d", 7)]);
        await queue.StopAsync();
        Assert.Equal([7], log.Epochs);
    }

    [Fact]
    public async Task Once_stopped_it_takes_nothing_more_and_nobody_waits()
    {
        log.Open();
        var queue = await StartedAsync(64);
        await queue.StopAsync();
        var late = new DeviceEvent.LifecycleChanged(Key("d"), Fresh, isCreated: false, clock.GetUtcNow());
        await queue.PutAsync([late]);
        Assert.True(late.Written.IsCompletedSuccessfully);
        Assert.Empty(log.Epochs);
    }

    [Fact]
    public async Task Nothing_is_wanted_where_there_is_no_log_or_it_was_switched_off()
    {
        var without = Queue(new ServiceCollection(), new DeviceEventOptions());
        await without.StartAsync();
        Assert.False(without.Wants(EventSource.TwinChange));

        var off = Queue(new ServiceCollection().AddSingleton<IEventLog>(log), new DeviceEventOptions { TwinChanges = false });
        await off.StartAsync();
        Assert.Equal((false, true, true, false),
            (off.Wants(EventSource.TwinChange), off.Wants(EventSource.DeviceLifecycle), off.Wants(EventSource.DeviceConnectionState), off.Wants(EventSource.Telemetry)));
        await off.StopAsync();
    }

    private async Task<DeviceEventQueue> StartedAsync(int maxWaiting, int maxWaitingBytes = 64 << 20)
    {
        var options = new DeviceEventOptions { MaxWaiting = maxWaiting, MaxWaitingBytes = maxWaitingBytes };
        var queue = Queue(new ServiceCollection().AddSingleton<IEventLog>(log), options);
        await queue.StartAsync();
        return queue;
    }

    private DeviceEventQueue Queue(IServiceCollection services, DeviceEventOptions options)
    {
        var provider = services.AddMetrics().BuildServiceProvider();
        return new(provider, Options.Create(options), new DeviceEventInstruments(provider.GetRequiredService<IMeterFactory>()), clock, NullLogger<DeviceEventQueue>.Instance);
    }

    private DeviceEvent.ConnectionChanged Event(string device, long epoch) => new(Key(device), Fresh, epoch, isConnected: true, clock.GetUtcNow());

    private static DeviceKey Key(string device) => DeviceKey.TryCreate(device, null, out var key) ? key : default;

    /// <summary>Appends wait until it is opened.</summary>
    private sealed class HeldLog : IEventLog
    {
        private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource appending = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool Fails { get; set; }

        /// <summary>Of the connections that were told, in order.</summary>
        internal ConcurrentQueue<long> Epochs { get; } = new();

        public int PartitionCount => PartitionHash.EventPartitions;

        public async ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count)
        {
            appending.TrySetResult();
            await opened.Task;
            if (Fails)
            {
                throw new EventLogException("full", null);
            }

            var rest = records;
            for (var i = 0; i < count; i++)
            {
                var length = BitConverter.ToInt32(rest.Span);
                var body = EventRecord.Decode(rest.Span.Slice(4, length), partition, 0, default).Body;
                var number = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("sequenceNumber").GetString()!;
                Epochs.Enqueue(Convert.ToInt64(number[48..], 16) / 2);
                rest = rest[(4 + length)..];
            }
        }

        public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken) => throw new NotSupportedException();

        public PartitionStatus Describe(int partition) => throw new NotSupportedException();

        public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) => throw new NotSupportedException();

        internal void Open() => opened.TrySetResult();

        internal Task IsAppendingAsync() => appending.Task.WaitAsync(TestContext.Current.CancellationToken);
    }
}
