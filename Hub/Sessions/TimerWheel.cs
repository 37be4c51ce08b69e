using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Muster.Sessions;

/// <summary>Something that is to happen once, unless it is called off. An entry stands in one wheel, at most once.</summary>
internal abstract class WheelEntry
{
    internal WheelEntry? Next { get; set; }

    internal WheelEntry? Previous { get; set; }

    /// <summary>The tick it is due at; -1 while it is not scheduled.</summary>
    internal long DueTick { get; set; } = -1;

    /// <summary>Called by the wheel, outside its lock; must not block. May schedule the entry again.</summary>
    protected internal abstract void OnDue();
}

/// <summary>
/// All short waits of one silo: time-outs of connections and of method calls. Hashed wheel: scheduling and calling off cost the same however
/// many wait, and no connection has a timer of its own. Late by up to one tick, never early. Thread-safe.
/// </summary>
internal sealed partial class TimerWheel(TimeProvider clock, ILogger<TimerWheel>? logger = null)
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private const int Slots = 1024;
    private readonly ILogger logger = logger ?? NullLogger<TimerWheel>.Instance;
    private readonly Lock gate = new();
    private readonly WheelEntry?[] slots = new WheelEntry?[Slots];
    private readonly long startedAt = clock.GetTimestamp();
    private long now;

    /// <summary>The current tick, as of the last <see cref="Advance"/>.</summary>
    public long Now => Volatile.Read(ref now);

    public static TimeSpan Since(long earlierTick, long laterTick) => Tick * (laterTick - earlierTick);

    /// <summary>Schedules the entry, or moves it if it is scheduled.</summary>
    public void Schedule(WheelEntry entry, TimeSpan after)
    {
        var ticks = Math.Max(1, (long)Math.Ceiling(after / Tick));
        lock (gate)
        {
            // One more tick: the current one has partly passed. Read in here: a slot that has passed comes round minutes later.
            var due = Now + ticks + 1;
            Unlink(entry);
            entry.DueTick = due;
            ref var head = ref slots[due % Slots];
            entry.Next = head;
            if (head is not null)
            {
                head.Previous = entry;
            }

            head = entry;
        }
    }

    /// <summary>Calls the entry off. False if it was not scheduled, or its time came first.</summary>
    public bool Cancel(WheelEntry entry)
    {
        lock (gate)
        {
            return Unlink(entry);
        }
    }

    /// <summary>Runs what has become due.</summary>
    public void Advance()
    {
        var target = (long)(clock.GetElapsedTime(startedAt) / Tick);
        List<WheelEntry> due = [];
        for (var tick = Now + 1; tick <= target; tick++)
        {
            lock (gate)
            {
                Volatile.Write(ref now, tick);
                Collect(tick, due);
            }

            foreach (var entry in due)
            {
                Run(entry);
            }

            due.Clear();
        }
    }

    // An entry that fails must not stop the clock of all others.
    private void Run(WheelEntry entry)
    {
        try
        {
            entry.OnDue();
        }
        catch (Exception e)
        {
            LogEntryFailed(logger, e);
        }
    }

    private void Collect(long tick, List<WheelEntry> due)
    {
        for (var entry = slots[tick % Slots]; entry is not null;)
        {
            var next = entry.Next;
            if (entry.DueTick <= tick)
            {
                Unlink(entry);
                due.Add(entry);
            }

            entry = next;
        }
    }

    private bool Unlink(WheelEntry entry)
    {
        if (entry.DueTick < 0)
        {
            return false;
        }

        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            slots[entry.DueTick % Slots] = entry.Next;
        }

        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }

        (entry.Next, entry.Previous, entry.DueTick) = (null, null, -1);
        return true;
    }

    [LoggerMessage(EventId = 8040, Level = LogLevel.Error, Message = "A time-out could not be served")]
    private static partial void LogEntryFailed(ILogger logger, Exception exception);
}
