using System.Collections.Concurrent;
using Muster.Devices;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>All devices of a round. Those that a rollout has come to are asked over and over until they have nothing more to do; the others cost nothing.</summary>
internal sealed class FirmwareFleet
{
    private const int AtOnce = 64;
    private const int Page = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly UpdateStatus[] Wanting = [UpdateStatus.Offered, UpdateStatus.Canceling, UpdateStatus.RollingBack];
    private readonly ConcurrentDictionary<string, FirmwareDevice> busy = new(StringComparer.Ordinal);

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
                await FindAsync(client, rollout);
                await StepAsync(client);
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private async Task FindAsync(IGrainFactory client, string rollout)
    {
        foreach (var status in Wanting)
        {
            string? after = null;
            do
            {
                var page = await TryAsync(() => client.GetGrain<IRolloutGrain>(rollout).ListMembersAsync(status, after, Page));
                foreach (var member in page)
                {
                    busy.TryAdd(member.DeviceId, Devices[member.DeviceId]);
                }

                after = page.Length == Page ? page[^1].DeviceId : null;
            }
            while (after is not null);
        }
    }

    private Task StepAsync(IGrainFactory client) => Parallel.ForEachAsync(
        busy.Values, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (device, _) =>
        {
            await TryAsync(async () =>
            {
                await device.StepAsync(client.GetGrain<IDeviceGrain>(device.Id));
                return System.Collections.Immutable.ImmutableArray<int>.Empty;
            });
            if (device.IsDone)
            {
                busy.TryRemove(device.Id, out FirmwareDevice? _);
            }
        });

    /// <summary>What cannot be asked now is asked again.</summary>
    private static async Task<System.Collections.Immutable.ImmutableArray<T>> TryAsync<T>(Func<Task<System.Collections.Immutable.ImmutableArray<T>>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return [];
        }
    }
}
