using Xunit;

namespace Muster.Fixture;

/// <summary>Waits for what a cluster comes to by itself.</summary>
internal static class Eventually
{
    /// <summary>Looks until it holds; the test's own time-out, and what it says of <paramref name="what"/>, end the wait.</summary>
    internal static async Task HoldsAsync(string what, Func<Task<bool>> condition, int seconds = 30)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(seconds));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not come to this: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    internal static Task HoldsAsync(string what, Func<bool> condition) => HoldsAsync(what, () => Task.FromResult(condition()));
}
