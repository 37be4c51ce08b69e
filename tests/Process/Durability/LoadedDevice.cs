using Muster.Devices;
using Muster.Hosting;

namespace Muster.Durability;

/// <summary>A device under load from both sides, with a journal of what was acknowledged to whom.</summary>
internal sealed class LoadedDevice(string deviceId, string key) : IAsyncDisposable
{
    private readonly Journal desired = new();
    private readonly Journal reported = new();
    private readonly List<string> acknowledgedMessages = [];
    private DeviceLink? link;
    private int lastMessage;

    internal IReadOnlyList<string> AcknowledgedMessages => acknowledgedMessages;

    internal int AcknowledgedWrites => desired.Acknowledged + reported.Acknowledged;

    /// <summary>The only time that it subscribes.</summary>
    internal async Task IntroduceAsync(HubConnection hub)
    {
        link = await DeviceLink.ConnectAsync(hub, deviceId, key);
        Assert.False(link.SessionPresent);
        await link.SubscribeAsync();
    }

    /// <summary>Writes until the hub is gone; a write that failed has an unknown outcome and is the last.</summary>
    internal Task LoadAsync(ServiceApi service, CancellationToken hubGone) => Task.WhenAll(
        RepeatAsync(async () => desired.Acknowledge(
            TwinReading.Read(TwinReading.Section(await service.PatchDesiredAsync(deviceId, new { counter = desired.Begin() }), "desired")).Version), hubGone),
        RepeatAsync(async () => reported.Acknowledge(await link!.ReportAsync(new { counter = reported.Begin() })), hubGone),
        RepeatAsync(SendAsync, hubGone));

    /// <summary>Reads from both sides what stands after a restart, and that everything is delivered without a SUBSCRIBE.</summary>
    internal async Task VerifyAsync(HubConnection hub, ServiceApi service)
    {
        var ofService = await service.GetTwinAsync(deviceId);
        await DisposeAsync();
        link = await DeviceLink.ConnectAsync(hub, deviceId, key);
        Assert.True(link.SessionPresent, $"{deviceId}: the hub forgot the session.");
        var ofDevice = await link.GetTwinAsync();
        foreach (var (name, journal) in new[] { ("desired", desired), ("reported", reported) })
        {
            var (counter, version) = TwinReading.Read(TwinReading.Section(ofService, name));
            Assert.Equal((counter, version), TwinReading.Read(ofDevice.GetProperty(name)));
            journal.Resume($"{deviceId} {name}", counter, version);
        }

        var push = await ChangeDesiredAsync(service);
        Assert.Equal(desired.Acknowledged, push);
        Assert.Equal("done", (await service.InvokeAsync(deviceId, "ping")).GetProperty("payload").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        if (link is not null)
        {
            await link.DisposeAsync();
        }
    }

    private async Task<int> ChangeDesiredAsync(ServiceApi service)
    {
        var twin = await service.PatchDesiredAsync(deviceId, new { counter = desired.Begin() });
        desired.Acknowledge(TwinReading.Read(TwinReading.Section(twin, "desired")).Version);
        return (await link!.NextDesiredAsync()).GetProperty("counter").GetInt32();
    }

    private async Task SendAsync()
    {
        var messageId = $"{deviceId}-{++lastMessage}";
        await link!.SendAsync(messageId);
        acknowledgedMessages.Add(messageId);
    }

    private static async Task RepeatAsync(Func<Task> step, CancellationToken hubGone)
    {
        while (!hubGone.IsCancellationRequested)
        {
            try
            {
                await step().WaitAsync(hubGone);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.IAssertionException)
            {
                // Only the kill explains a failure.
                await WaitForAsync(hubGone);
                return;
            }
        }
    }

    private static async Task WaitForAsync(CancellationToken hubGone)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = hubGone.Register(gone.SetResult);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }
}
