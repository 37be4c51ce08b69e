using System.Collections.Immutable;
using Muster.Devices;
using Muster.Query;

namespace Muster.Fleet;

/// <summary>A device row with its key.</summary>
public readonly record struct DeviceRow(DeviceKey Key, DeviceState State);

/// <summary>
/// What the store can say of many devices at once. Everything committed before the call is seen. Questions over the fleet are bounded in number
/// and time; what is small (the modules of a device, the ping) does not wait for them.
/// </summary>
public interface IFleetIndex
{
    /// <summary>One page of a query, keyset-paged.</summary>
    /// <exception cref="FleetBusyException">Too many questions run at once, or this one took too long.</exception>
    /// <exception cref="QueryException">The continuation does not belong to this query, or the query asks for what cannot be compiled.</exception>
    Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken);

    /// <summary>The first devices (no modules) in the order of their registration.</summary>
    /// <exception cref="FleetBusyException">As above.</exception>
    Task<ImmutableArray<DeviceRow>> ListDevicesAsync(int top, CancellationToken cancellationToken);

    Task<ImmutableArray<DeviceRow>> ListModulesAsync(string deviceId, CancellationToken cancellationToken);

    /// <exception cref="FleetBusyException">As above.</exception>
    Task<FleetStatistics> CountAsync(CancellationToken cancellationToken);

    /// <summary>Answers if the store does.</summary>
    Task PingAsync(CancellationToken cancellationToken);
}
