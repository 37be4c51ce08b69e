using Muster.Errors;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>
/// Who watches which rollout, through this process. However many watch one, its grain is asked once a second. Bounded.
/// </summary>
internal sealed class RolloutStreams(IGrainFactory grains, TimeProvider time)
{
    /// <summary>Streams at once.</summary>
    internal const int Max = 100;

    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock changing = new();
    private readonly Dictionary<string, Watched> watched = new(StringComparer.Ordinal);
    private int count;

    internal int Count => Volatile.Read(ref count);

    /// <summary>Null if as many streams are open as may be. To be disposed of.</summary>
    internal RolloutStream? Open(string rollout)
    {
        lock (changing)
        {
            if (count == Max)
            {
                return null;
            }

            count++;
            if (!watched.TryGetValue(rollout, out var entry))
            {
                watched[rollout] = entry = new Watched(rollout);
            }

            entry.Streams++;
            return new RolloutStream(this, entry);
        }
    }

    internal Task<RolloutReply> ReadAsync(Watched entry)
    {
        lock (changing)
        {
            if (entry.Reading is null || (entry.Reading.IsCompleted && time.GetElapsedTime(entry.ReadAt) >= Interval))
            {
                (entry.Reading, entry.ReadAt) = (grains.Rollout(entry.Rollout).GetAsync(), time.GetTimestamp());
            }

            return entry.Reading;
        }
    }

    internal void Close(Watched entry)
    {
        lock (changing)
        {
            count--;
            if (--entry.Streams == 0)
            {
                watched.Remove(entry.Rollout);
            }
        }
    }

    internal static Refusal TooMany { get; } = new(HubErrorCode.ThrottlingException, $"{Max} streams are open here, and no more may be. Close one, or read the rollout.");

    internal sealed class Watched(string rollout)
    {
        internal string Rollout => rollout;

        internal int Streams { get; set; }

        internal Task<RolloutReply>? Reading { get; set; }

        /// <summary>When the reading began.</summary>
        internal long ReadAt { get; set; }
    }
}

/// <summary>One stream's part in <see cref="RolloutStreams"/>.</summary>
internal sealed class RolloutStream(RolloutStreams streams, RolloutStreams.Watched watched) : IDisposable
{
    private bool closed;

    /// <summary>The rollout as it stood within the last second.</summary>
    internal Task<RolloutReply> ReadAsync() => streams.ReadAsync(watched);

    public void Dispose()
    {
        if (!closed)
        {
            closed = true;
            streams.Close(watched);
        }
    }
}
