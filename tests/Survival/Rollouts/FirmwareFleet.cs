using Muster.Devices;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>
/// All devices of a round. Those that a rollout has come to live each for itself, as devices do: one whose silo does not answer keeps no other waiting. They ask over and over until they have
/// nothing more to do; the others cost nothing.
/// </summary>
internal sealed class FirmwareFleet
{
    private const int Page = 1000;
    private static readonly TimeSpan FindEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StepEvery = TimeSpan.FromMilliseconds(100);
    private static readonly UpdateStatus[] Wanting = [UpdateStatus.Offered, UpdateStatus.Canceling, UpdateStatus.RollingBack];
    private readonly Dictionary<string, Task> busy = new(StringComparer.Ordinal);

    internal FirmwareFleet(int devices, Random random, double? share, Faults faults) => Devices = Enumerable.Range(0, devices)
        .Select(i => new FirmwareDevice($"f{i:D5}", FirmwareFaults.Draw(random, share), faults)).ToDictionary(static device => device.Id, StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, FirmwareDevice> Devices { get; }

    /// <summary>Goes on until <paramref name="stop"/>, whatever happens to the hub.</summary>
    internal async Task RunAsync(Func<IGrainFactory?> grains, string rollout, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (grains() is { } client)
            {
                foreach (var status in Wanting)
                {
                    _ = await TryAsync(() => WakeAsync(client.GetGrain<IRolloutGrain>(rollout), status, grains, stop));
                }
            }

            await Task.Delay(FindEvery, CancellationToken.None);
        }

        await Task.WhenAll(busy.Values);
    }

    private async Task<bool> WakeAsync(IRolloutGrain rollout, UpdateStatus status, Func<IGrainFactory?> grains, CancellationToken stop)
    {
        string? after = null;
        do
        {
            var page = await rollout.ListMembersAsync(status, after, Page);
            foreach (var member in page)
            {
                // One that failed stays, and fails the round at its end.
                if (!busy.TryGetValue(member.DeviceId, out var life) || life.IsCompletedSuccessfully)
                {
                    busy[member.DeviceId] = LiveAsync(Devices[member.DeviceId], grains, stop);
                }
            }

            after = page.Length == Page ? page[^1].DeviceId : null;
        }
        while (after is not null);
        return true;
    }

    private static async Task LiveAsync(FirmwareDevice device, Func<IGrainFactory?> grains, CancellationToken stop)
    {
        do
        {
            var hasMoved = grains() is { } client && await TryAsync(() => device.StepAsync(client.GetGrain<IDeviceGrain>(device.Id)));
            await Task.Delay(hasMoved ? StepEvery : AskEvery, CancellationToken.None);
        }
        while (!device.IsDone && !stop.IsCancellationRequested);
    }

    /// <summary>What cannot be asked now, false, is asked again.</summary>
    private static async Task<bool> TryAsync(Func<Task<bool>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }
}
