using System.Diagnostics;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>A fixed number of callers, each with one call under way.</summary>
internal static class ClosedLoop
{
    private const int Tries = 5;

    /// <param name="callers">How many.</param>
    /// <param name="window">How long; calls under way at its end are waited for and counted.</param>
    /// <param name="call">Caller's number and how many calls it made before.</param>
    internal static async Task<LoadWindow> RunAsync(int callers, TimeSpan window, Func<int, int, Task> call)
    {
        var began = Stopwatch.GetTimestamp();
        var until = began + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var latencies = new List<long>();
            await Task.Yield();
            for (long now; (now = Stopwatch.GetTimestamp()) < until;)
            {
                await call(caller, latencies.Count);
                latencies.Add(Stopwatch.GetTimestamp() - now);
            }

            return latencies;
        }));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var sorted = all.SelectMany(l => l).Order().ToArray();
        double At(double percentile) => sorted.Length == 0 ? 0 : sorted[(int)(percentile * (sorted.Length - 1))] * 1000.0 / Stopwatch.Frequency;
        return new LoadWindow(sorted.Length, seconds, At(0.5), At(0.99), At(1));
    }

    /// <summary>Calls once for each of <paramref name="count"/>, <paramref name="callers"/> at a time.</summary>
    internal static async Task EachAsync(int count, int callers, Func<int, Task> call)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            await Task.Yield();
            for (int i; (i = Interlocked.Increment(ref next)) < count;) { await call(i); }
        }));
    }

    /// <summary>Makes the call again where it failed as calls do while silos come and go. For preparations, which are not measured.</summary>
    internal static async Task<T> PatientlyAsync<T>(Func<Task<T>> call)
    {
        for (var tried = 1; ; tried++)
        {
            try { return await call(); }
            catch (Exception e) when (tried < Tries && e is (TimeoutException or OrleansException)) { await Task.Delay(500); }
        }
    }
}
