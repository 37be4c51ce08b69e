namespace Muster.Simulation;

/// <summary>How long to wait before the next try.</summary>
internal static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>Between half and all of 1 s, 2 s, 4 s … 60 s: a fleet that lost its hub at once does not come back at once.</summary>
    /// <param name="failures">Tries that failed in a row, from 1.</param>
    /// <param name="chance">0 to 1.</param>
    internal static TimeSpan Delay(int failures, double chance)
    {
        var whole = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Max(0, failures - 1)), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + (0.5 * chance)));
    }
}
