using Muster.Devices;
using Muster.Hosting;

namespace Muster.Wire;

/// <summary>A device that works on while others misbehave.</summary>
internal sealed class Bystander : IAsyncDisposable
{
    private readonly DeviceLink link;
    private int count;

    private Bystander(DeviceLink link) => this.link = link;

    internal static async Task<Bystander> ConnectAsync(HubConnection hub)
    {
        using var service = new ServiceApi(hub);
        var link = await DeviceLink.ConnectAsync(hub, "bystander", await service.CreateAsync("bystander"));
        await link.SubscribeAsync();
        return new Bystander(link);
    }

    /// <summary>Telemetry and a report; both must be acknowledged.</summary>
    internal async Task WorkAsync()
    {
        count++;
        await link.SendAsync($"bystander-{count}");
        Assert.Equal(count + 1, await link.ReportAsync(new { count }));
    }

    /// <summary>Works until the other task is done.</summary>
    internal async Task WorkWhileAsync(Task others)
    {
        do
        {
            await WorkAsync();
        }
        while (await Task.WhenAny(others, Task.Delay(50, TestContext.Current.CancellationToken)) != others);

        await others;
        await WorkAsync();
    }

    public ValueTask DisposeAsync() => link.DisposeAsync();
}
