namespace Muster.Survival;

/// <summary>Which silo holds the grain of which device.</summary>
internal sealed class GrainPlaces(IReadOnlyDictionary<int, string> siloByDevice)
{
    internal static Task<GrainPlaces> ReadAsync(ClusterControl cluster, FleetLoad fleet, CancellationToken cancellationToken) =>
        Task.FromResult(new GrainPlaces(new Dictionary<int, string>()));

    /// <summary>True if the device's grain was on one of the silos that the words name.</summary>
    internal bool IsOn(int device, IEnumerable<string> words) =>
        siloByDevice.TryGetValue(device, out var silo) && words.Any(word => word.Split(' ')[0] == silo);
}
