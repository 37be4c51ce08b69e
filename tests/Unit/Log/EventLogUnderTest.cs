using System.Text;
using Microsoft.Extensions.Time.Testing;
using Muster.Telemetry;
using Xunit;

namespace Muster.Log;

/// <summary>A log of its own behind the port: the laws ask for nothing else.</summary>
public abstract class EventLogUnderTest : IAsyncDisposable
{
    public static TimeSpan Retention { get; } = TimeSpan.FromDays(1);

    public abstract IEventLog Log { get; }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    /// <summary>Ends the process, so to speak, and starts the next over the same data, with this clock or the one before.</summary>
    public abstract Task ReopenAsync(TimeProvider? clock = null);

    /// <summary>Has the log look for what is past its time.</summary>
    public abstract Task TrimAsync();

    /// <summary>Completes once the partition begins at <paramref name="firstOffset"/>.</summary>
    public async Task TrimToAsync(int partition, long firstOffset)
    {
        await TrimAsync();
        while (Log.Describe(partition).FirstOffset < firstOffset)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public abstract ValueTask DisposeAsync();

    public ValueTask AppendAsync(int partition, params string[] bodies) => Log.AppendAsync(partition, LogFixture.Records(bodies), bodies.Length);

    public Task<string[]> BodiesAsync(int partition, long from = 0) => BodiesAsync(Log, partition, from);

    internal static async Task<string[]> BodiesAsync(IEventLog log, int partition, long from = 0)
    {
        var events = await log.ReadAsync(partition, from, 1000, 1 << 22, TestContext.Current.CancellationToken);
        Assert.Equal(events.Select((_, i) => events[0].Offset + i), events.Select(e => e.Offset));
        return [.. events.Select(e => Encoding.UTF8.GetString(e.Body.Span))];
    }
}
