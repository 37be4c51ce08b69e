using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Muster.Storage.Log;
using Muster.Telemetry;
using Xunit;

namespace Muster.Log;

/// <summary>A folder of its own, the log in it, and events to put there.</summary>
internal sealed class LogFixture(FakeTimeProvider? clock = null) : IAsyncDisposable
{
    internal string Folder { get; } = Directory.CreateTempSubdirectory("muster-log-").FullName;

    internal FakeTimeProvider Clock { get; } = clock ?? new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    internal EventLogOptions Options { get; } = new() { Writers = 1 };

    internal SegmentLog Log => log ?? throw new InvalidOperationException("Open it first.");

    internal Func<string, FileMode, SegmentFile>? OpenFile { get; set; }

    private SegmentLog? log;

    internal static LogFixture Opened()
    {
        var fixture = new LogFixture();
        fixture.Open();
        return fixture;
    }

    internal void Open(ILogger? logger = null, TimeProvider? at = null) => log = SegmentLog.Open(Folder, Options, at ?? Clock, logger ?? NullLogger.Instance, OpenFile);

    internal async Task CloseAsync()
    {
        if (log is not null)
        {
            await log.DisposeAsync();
            log = null;
        }
    }

    internal async Task ReopenAsync(TimeProvider? at = null)
    {
        await CloseAsync();
        Open(at: at);
    }

    internal ValueTask AppendAsync(int partition, params string[] bodies) => Log.AppendAsync(partition, Records(bodies), bodies.Length);

    internal static ReadOnlyMemory<byte> Records(params string[] bodies)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var body in bodies)
        {
            var writer = new EventWriter(buffer, new EventOrigin("d", null, "1", "{}"), EventSource.Telemetry);
            writer.End(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Has the log look for what is past its time; completes once the partition begins at <paramref name="firstOffset"/>.</summary>
    internal async Task TrimToAsync(int partition, long firstOffset)
    {
        Clock.Advance(TimeSpan.FromMinutes(1));
        for (var looks = 1; Log.Describe(partition).FirstOffset < firstOffset; looks++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Delay(1, TestContext.Current.CancellationToken);
            if (looks % 1000 == 0)
            {
                // The look may have begun before the time had come.
                Clock.Advance(TimeSpan.FromMinutes(1));
            }
        }
    }

    internal Task<string[]> BodiesAsync(int partition, long from = 0) => EventLogUnderTest.BodiesAsync(Log, partition, from);

    internal string[] Segments(int partition) => [.. Directory.GetFiles(Path.Combine(Folder, $"{partition:D2}")).Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
