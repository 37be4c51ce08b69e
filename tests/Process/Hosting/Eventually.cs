using System.Diagnostics;

namespace Muster.Hosting;

/// <summary>Waiting that says who waited for what.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until the answer is not null; what it throws counts as "not yet".</summary>
    internal static async Task<T> GetAsync<T>(string what, Func<Task<T?>> probe, int seconds = 60)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        Exception? last = null;
        while (watch.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            try
            {
                if (await probe() is { } answer)
                {
                    return answer;
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException { CancellationToken.IsCancellationRequested: true })
            {
                last = exception;
            }

            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"Waited {seconds} s for {what}.", last);
    }

    internal static Task TrueAsync(string what, Func<Task<bool>> probe, int seconds = 60) =>
        GetAsync(what, async () => await probe() ? what : null, seconds);

    internal static Task TrueAsync(string what, Func<bool> probe, int seconds = 60) => TrueAsync(what, () => Task.FromResult(probe()), seconds);
}
