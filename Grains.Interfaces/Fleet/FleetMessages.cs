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

    /// <summary>ArgumentInvalid, with the position in the text; or ThrottlingException, to be asked again later.</summary>
    [GenerateSerializer, Immutable, Alias("muster.QueryReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : QueryReply;
}

/// <summary>How many devices (not modules) there are.</summary>
[GenerateSerializer, Immutable, Alias("muster.FleetStatistics")]
public sealed record FleetStatistics([property: Id(0)] long Total, [property: Id(1)] long Enabled, [property: Id(2)] long Disabled, [property: Id(3)] long Connected);
