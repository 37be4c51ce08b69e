namespace Muster.Rollouts;

/// <summary>Verified devices per minute over the last five.</summary>
internal sealed class SuccessRate
{
    private const int Most = 60;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Spacing = Window / Most;
    private readonly Queue<(DateTimeOffset At, int Succeeded)> samples = new();
    private (DateTimeOffset At, int Succeeded) newest;

    internal void Sample(DateTimeOffset now, int succeeded)
    {
        newest = (now, succeeded);
        if (samples.Count == 0 || now - samples.Last().At >= Spacing)
        {
            samples.Enqueue(newest);
        }

        while (samples.Count > 1 && (now - samples.Peek().At > Window || samples.Count > Most + 1))
        {
            samples.Dequeue();
        }
    }

    /// <summary>Null before there are any.</summary>
    internal double? PerMinute => samples.Count > 0 && newest.At > samples.Peek().At && newest.Succeeded > samples.Peek().Succeeded
        ? (newest.Succeeded - samples.Peek().Succeeded) / (newest.At - samples.Peek().At).TotalMinutes
        : null;
}
