using System.Collections.Concurrent;
using System.Diagnostics;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>A call of a paced load.</summary>
/// <param name="At">When it was due, a <see cref="Stopwatch"/> timestamp.</param>
/// <param name="Ticks">From then until its answer, so that a late start counts as latency.</param>
/// <param name="Error">Null if it was answered as it should be.</param>
internal readonly record struct PacedCall(long At, long Ticks, string? Error)
{
    internal double Milliseconds => Ticks * 1000.0 / Stopwatch.Frequency;
}

/// <summary>Calls at a steady rate, whatever becomes of those before.</summary>
internal sealed class PacedLoad
{
    private const int MostUnderWay = 10_000;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);
    private readonly ConcurrentQueue<PacedCall> calls = new();
    private readonly Task running;
    private volatile bool stopping;

    /// <param name="rate">Calls per second.</param>
    /// <param name="call">Makes a call and answers what was wrong with the answer; null if nothing was.</param>
    internal PacedLoad(double rate, Func<long, Task<string?>> call) => running = RunAsync(rate, call);

    /// <summary>All calls that were due in the given time and have been answered.</summary>
    internal IReadOnlyList<PacedCall> Between(long from, long until) => [.. calls.Where(call => call.At >= from && call.At < until)];

    /// <summary>Stops calling and waits for the answers that are outstanding.</summary>
    internal Task StopAsync()
    {
        stopping = true;
        return running;
    }

    internal static double Percentile(IEnumerable<PacedCall> of, double percentile)
    {
        var sorted = of.Select(call => call.Milliseconds).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[(int)(percentile * (sorted.Length - 1))];
    }

    private async Task RunAsync(double rate, Func<long, Task<string?>> call)
    {
        using var room = new SemaphoreSlim(MostUnderWay);
        var (began, number) = (Stopwatch.GetTimestamp(), 0L);
        using var timer = new PeriodicTimer(Step);
        while (!stopping)
        {
            await timer.WaitForNextTickAsync();
            for (long due; (due = began + (long)(number / rate * Stopwatch.Frequency)) <= Stopwatch.GetTimestamp() && !stopping; number++)
            {
                await room.WaitAsync();
                _ = OneAsync(due, number, call, room);
            }
        }

        for (var i = 0; i < MostUnderWay; i++) { await room.WaitAsync(); }
    }

    private async Task OneAsync(long due, long number, Func<long, Task<string?>> call, SemaphoreSlim room)
    {
        string? error;
        try { error = await call(number); }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException) { error = e.GetType().Name; }
        calls.Enqueue(new PacedCall(due, Stopwatch.GetTimestamp() - due, error));
        room.Release();
    }
}
