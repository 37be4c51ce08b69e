using Muster.Errors;
using Muster.Json;

namespace Muster.Twins;

/// <summary>A change of tags and desired properties by an operator. A section that is null is left as it is.</summary>
[GenerateSerializer, Immutable, Alias("muster.TwinChange")]
public sealed record TwinChange
{
    /// <summary>A JSON object to merge (or to put in place); the JSON value <c>null</c> clears the section.</summary>
    [Id(0)] public JsonUtf8? Tags { get; init; }

    /// <summary>A JSON object to merge (or to put in place); the JSON value <c>null</c> clears the section.</summary>
    [Id(1)] public JsonUtf8? Desired { get; init; }

    /// <summary>True: both sections become what is given (IoT Hub's PUT); a section that is null becomes empty. Default false: merge.</summary>
    [Id(2)] public bool Replace { get; init; }

    /// <summary>The twin etag that must still hold; null or <c>*</c> for any.</summary>
    [Id(3)] public string? IfMatch { get; init; }
}

/// <summary>A twin, or why there is none or it did not change.</summary>
[GenerateSerializer, Immutable, Alias("muster.TwinReply")]
public abstract record TwinReply
{
    private TwinReply() { }

    /// <summary>The twin as it stands, durably.</summary>
    /// <param name="Twin">The JSON document in the shape that the method promises.</param>
    /// <param name="ETag">Opaque base64 text without quotes.</param>
    /// <param name="Version">The twin's version; every accepted change raises it.</param>
    [GenerateSerializer, Immutable, Alias("muster.TwinReply.Found")]
    public sealed record Found([property: Id(0)] JsonUtf8 Twin, [property: Id(1)] string ETag, [property: Id(2)] long Version) : TwinReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.TwinReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : TwinReply;
}

/// <summary>What became of a reported-properties patch.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReportedReply")]
public abstract record ReportedReply
{
    private ReportedReply() { }

    /// <summary>Durable; <paramref name="Version"/> is the new reported <c>$version</c>.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReportedReply.Accepted")]
    public sealed record Accepted([property: Id(0)] long Version) : ReportedReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReportedReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : ReportedReply;

    /// <summary>Nothing changed: the session that it came from is no longer the device's.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReportedReply.SessionOver")]
    public sealed record SessionOver : ReportedReply;
}

/// <summary>
/// Where a report came from, so that one which was under way while silos died or froze does not undo a later one. Of an older session, or behind a
/// later report of the same session, it is refused.
/// </summary>
/// <param name="Epoch">Of the session, see <see cref="Muster.Sessions.SessionRef"/>.</param>
/// <param name="Sequence">Rises with each report of the session; the same for a repetition.</param>
[GenerateSerializer, Immutable, Alias("muster.ReportOrigin")]
public sealed record ReportOrigin([property: Id(0)] long Epoch, [property: Id(1)] long Sequence);

/// <summary>A desired change on its way to the device: the patch as applied, nulls included, with <c>"$version"</c> added.</summary>
[GenerateSerializer, Immutable, Alias("muster.DesiredChange")]
public sealed record DesiredChange([property: Id(0)] JsonUtf8 Patch, [property: Id(1)] long Version);
