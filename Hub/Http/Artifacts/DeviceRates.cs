using Microsoft.Extensions.Options;

namespace Muster.Releases;

/// <summary>Bounds how fast one device downloads, over all its connections to this silo. A device that downloads nothing costs nothing. Thread-safe.</summary>
internal sealed class DeviceRates(IOptions<ReleaseOptions> options, TimeProvider clock)
{
    private readonly Dictionary<string, Bucket> buckets = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    internal int Count
    {
        get
        {
            lock (gate)
            {
                return buckets.Count;
            }
        }
    }

    /// <summary>One download; null where nothing is bounded.</summary>
    internal Download? Enter(string deviceId)
    {
        if (options.Value.DeviceBytesPerSecond == 0)
        {
            return null;
        }

        lock (gate)
        {
            if (!buckets.TryGetValue(deviceId, out var bucket))
            {
                buckets.Add(deviceId, bucket = new Bucket(options.Value.DeviceBytesPerSecond, clock));
            }

            bucket.Users++;
            return new Download(this, deviceId, bucket);
        }
    }

    private void Leave(string deviceId, Bucket bucket)
    {
        lock (gate)
        {
            if (--bucket.Users == 0)
            {
                buckets.Remove(deviceId);
            }
        }
    }

    /// <summary>A second's worth may go at once; what goes beyond is owed, and waited for before the next.</summary>
    internal sealed class Bucket(long bytesPerSecond, TimeProvider clock)
    {
        private readonly Lock gate = new();
        private long paidUntil = clock.GetTimestamp() - clock.TimestampFrequency;

        /// <summary>Guarded by the table's lock.</summary>
        internal int Users { get; set; }

        /// <summary>How long to wait before so many bytes may go.</summary>
        internal TimeSpan Take(int bytes)
        {
            lock (gate)
            {
                var now = clock.GetTimestamp();
                paidUntil = Math.Max(paidUntil, now - clock.TimestampFrequency) + (long)(bytes * (double)clock.TimestampFrequency / bytesPerSecond);
                return paidUntil > now ? clock.GetElapsedTime(now, paidUntil) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>One download of a device.</summary>
    internal sealed class Download(DeviceRates rates, string deviceId, Bucket bucket) : IDisposable
    {
        private int isOver;

        internal Task WaitAsync(int bytes, CancellationToken cancellationToken) =>
            bucket.Take(bytes) is { Ticks: > 0 } wait ? Task.Delay(wait, rates.Clock, cancellationToken) : Task.CompletedTask;

        /// <summary>Idempotent.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0)
            {
                rates.Leave(deviceId, bucket);
            }
        }
    }

    private TimeProvider Clock => clock;
}
