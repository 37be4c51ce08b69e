using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Upstream;

/// <summary>What the client's parts need, with a clock that stands still.</summary>
internal sealed class UpstreamWorld : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public UpstreamWorld(UpstreamOptions? options = null, Func<int>? silos = null)
    {
        Options = Microsoft.Extensions.Options.Options.Create(options ?? new UpstreamOptions());
        Instruments = new UpstreamInstruments(services.GetRequiredService<IMeterFactory>());
        Budget = new UpstreamBudget(Options, silos ?? (static () => 1), Instruments, Clock);
    }

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public IOptions<UpstreamOptions> Options { get; }

    public UpstreamInstruments Instruments { get; }

    public UpstreamBudget Budget { get; }

    /// <summary>Moves time on while somebody waits for a turn, and only then.</summary>
    public async Task<T> PassAsync<T>(Task<T> task)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!task.IsCompleted)
        {
            if (Budget.Waiting > 0)
            {
                Clock.Advance(TimeSpan.FromMilliseconds(100));
            }

            await Task.Delay(2, patience.Token);
        }

        return await task;
    }

    public void Dispose()
    {
        Budget.Dispose();
        services.Dispose();
    }
}
