using System.Diagnostics;

namespace Muster.Survival;

/// <summary>What was waited for did not come.</summary>
internal sealed class LostPatienceException(string message) : TimeoutException(message);

/// <summary>Waiting that says who waited for what.</summary>
internal static class Patience
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks until nothing is missing.</summary>
    /// <param name="missing">What is missing; null when nothing is.</param>
    internal static async Task UntilAsync(string what, TimeSpan limit, Func<Task<string?>> missing, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (await missing() is { } still)
        {
            if (watch.Elapsed > limit)
            {
                throw new LostPatienceException($"Waited {limit.TotalSeconds:0} s for {what}: {still}.");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    internal static Task UntilAsync(string what, TimeSpan limit, Func<string?> missing, CancellationToken cancellationToken) =>
        UntilAsync(what, limit, () => Task.FromResult(missing()), cancellationToken);

    internal static string? Missing(int count, string how) => count == 0 ? null : $"{count} {how}";
}
