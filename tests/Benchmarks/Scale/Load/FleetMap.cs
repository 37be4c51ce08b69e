using Muster.Devices;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>Which silo has which device, as the directory says.</summary>
internal static class FleetMap
{
    private const int AtATime = 100;

    /// <summary>The devices that are active, by the address of their silo.</summary>
    internal static async Task<ILookup<string, string>> LocateAsync(IGrainFactory grains, IReadOnlyList<string> ids)
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var found = new SiloAddress?[ids.Count];
        await ClosedLoop.EachAsync(ids.Count, AtATime, async i =>
            found[i] = await management.GetActivationAddress(grains.GetGrain<IDeviceGrain>(ids[i])));
        return ids.Zip(found).Where(pair => pair.Second is not null).ToLookup(pair => pair.Second!.Endpoint.Address.ToString(), pair => pair.First);
    }

    /// <summary>How many device grains each silo has, by its address.</summary>
    internal static async Task<IReadOnlyDictionary<string, int>> CountAsync(IGrainFactory grains) =>
        (await grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics())
            .Where(statistic => statistic.GrainType.Contains("DeviceGrain", StringComparison.Ordinal))
            .GroupBy(statistic => statistic.SiloAddress.Endpoint.Address.ToString())
            .ToDictionary(group => group.Key, group => group.Sum(statistic => statistic.ActivationCount));
}
