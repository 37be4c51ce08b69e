using System.Collections.Immutable;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;

namespace Muster.Fleet;

/// <summary>What the items of a page are; IoT Hub's <c>x-ms-item-type</c>. Numbered for the wire; append only.</summary>
public enum QueryItemType : int
{
    Twin = 0,
    DeviceJob = 1,
    JobResponse = 2,
    Raw = 3,
}

/// <summary>A page of query results.</summary>
/// <param name="ItemType">What the items are.</param>
/// <param name="Items">A JSON array.</param>
/// <param name="Continuation">Opaque; null on the last page.</param>
[GenerateSerializer, Immutable, Alias("muster.QueryPage")]
public sealed record QueryPage([property: Id(0)] QueryItemType ItemType, [property: Id(1)] JsonUtf8 Items, [property: Id(2)] string? Continuation);

/// <summary>A page, or why the query was not run.</summary>
[GenerateSerializer, Immutable, Alias("muster.QueryReply")]
public abstract record QueryReply
{
    private QueryReply() { }

    [GenerateSerializer, Immutable, Alias("muster.QueryReply.Found")]
    public sealed record Found([property: Id(0)] QueryPage Page) : QueryReply;

    /// <summary>ArgumentInvalid, with the position in the text.</summary>
    [GenerateSerializer, Immutable, Alias("muster.QueryReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : QueryReply;
}

/// <summary>How many devices (not modules) there are.</summary>
[GenerateSerializer, Immutable, Alias("muster.FleetStatistics")]
public sealed record FleetStatistics([property: Id(0)] long Total, [property: Id(1)] long Enabled, [property: Id(2)] long Disabled, [property: Id(3)] long Connected);

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
    [Alias("ListDevices")]
    Task<ImmutableArray<DeviceIdentity>> ListDevicesAsync(int top);

    /// <summary>The modules of a device; empty if it has none or does not exist.</summary>
    [Alias("ListModules")]
    Task<ImmutableArray<DeviceIdentity>> ListModulesAsync(string deviceId);

    [Alias("GetStatistics")]
    Task<FleetStatistics> GetStatisticsAsync();

    /// <summary>Answers once the silo that was asked can reach its store: what readiness means.</summary>
    [Alias("Ping")]
    Task PingAsync();
}
