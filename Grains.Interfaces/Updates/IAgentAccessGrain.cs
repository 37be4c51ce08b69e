using Orleans.Concurrency;

namespace Muster.Updates;

/// <summary>What a device's update agent proves itself by. Key: the device id.</summary>
[Alias("muster.IAgentAccessGrain")]
public interface IAgentAccessGrain : IGrainWithStringKey
{
    /// <summary>
    /// The device's DDI target token: 32 characters, the same until the id is deleted and registered anew; null if the id is not registered. A secret.
    /// </summary>
    [Alias("GetDdiToken"), ReadOnly]
    Task<string?> GetDdiTokenAsync();
}
