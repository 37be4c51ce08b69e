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
internal sealed class LogFixture : IAsyncDisposable
{
    internal string Folder { get; } = Directory.CreateTempSubdirectory("muster-log-").FullName;

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

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

    internal void Open(ILogger? logger = null) => log = SegmentLog.Open(Folder, Options, Clock, logger ?? NullLogger.Instance, OpenFile);

    internal async Task CloseAsync()
    {
        if (log is not null)
        {
            await log.DisposeAsync();
            log = null;
        }
    }

    internal async Task ReopenAsync()
    {
        await CloseAsync();
        Open();
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

    internal async Task<string[]> BodiesAsync(int partition, long from = 0)
    {
        var events = await Log.ReadAsync(partition, from, 1000, 1 << 22, TestContext.Current.CancellationToken);
        Assert.Equal(events.Select((_, i) => events.IsEmpty ? 0 : events[0].Offset + i), events.Select(e => e.Offset));
        return [.. events.Select(e => Encoding.UTF8.GetString(e.Body.Span))];
    }

    internal string[] Segments(int partition) => [.. Directory.GetFiles(Path.Combine(Folder, $"{partition:D2}")).Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
