using System.Collections.Immutable;
using Muster.Devices;

namespace Muster.Fleet;

/// <summary>Questions over all devices. Key: any; answered from the store, never by asking devices.</summary>
[Alias("muster.IFleetGrain")]
public interface IFleetGrain : IGrainWithIntegerKey
{
    /// <summary>Runs IoT Hub's query language. An acknowledged twin write is in what this returns.</summary>
    /// <param name="query">At most 8192 characters.</param>
    /// <param name="pageSize">1 to 1000.</param>
    /// <param name="continuation">From the page before, of the same query; null for the first page.</param>
    [Alias("Query")]
    Task<QueryReply> QueryAsync(string query, int pageSize, string? continuation);

    /// <summary>The first <paramref name="top"/> devices (1 to 1000), in the order of their registration.</summary>
    /// <exception cref="FleetBusyException">The store has too many questions at once, or this one took too long.</exception>
    [Alias("ListDevices")]
    Task<ImmutableArray<DeviceIdentity>> ListDevicesAsync(int top);

    /// <summary>The modules of a device; empty if it has none or does not exist.</summary>
    [Alias("ListModules")]
    Task<ImmutableArray<DeviceIdentity>> ListModulesAsync(string deviceId);

    /// <exception cref="FleetBusyException">As above.</exception>
    [Alias("GetStatistics")]
    Task<FleetStatistics> GetStatisticsAsync();

    /// <summary>Answers once the silo that was asked can reach its store: what readiness means. Does not wait for queries.</summary>
    [Alias("Ping")]
    Task PingAsync();
}
