using System.Collections.Immutable;

namespace Muster.Query;

/// <summary>A place in a twin.</summary>
/// <param name="Root">The part of the twin, which engines keep in different ways.</param>
/// <param name="Segments">Property names below the root, case-sensitive; empty for the root itself.</param>
/// <param name="Position">Where it stands in the text, in characters from 0.</param>
public sealed record QueryPath(QueryRoot Root, ImmutableArray<string> Segments, int Position)
{
    /// <summary>The names from the twin document's top to the place.</summary>
    public IEnumerable<string> Names => [.. QueryRoots.NamesOf(Root), .. Segments];

    /// <summary>The last name: what a value is called that has no alias.</summary>
    public string LastName => Segments.IsEmpty ? QueryRoots.NamesOf(Root)[^1] : Segments[^1];

    /// <summary>True if both name the same place, wherever in the text they stand.</summary>
    public bool IsSamePlace(QueryPath other) => Root == other.Root && Segments.SequenceEqual(other.Segments, StringComparer.Ordinal);

    public override string ToString() => string.Join('.', Names);
}

/// <summary>The parts of a twin that a path may begin with, and the columns of a job.</summary>
public enum QueryRoot
{
    DeviceId,
    ModuleId,
    ETag,
    DeviceETag,
    Status,
    StatusReason,
    StatusUpdateTime,
    ConnectionState,
    LastActivityTime,
    CloudToDeviceMessageCount,
    AuthenticationType,
    X509Thumbprint,
    ModelId,
    Version,
    Tags,
    Properties,
    Desired,
    Reported,
    Capabilities,
    Configurations,
    DeviceScope,
    ParentScopes,
    JobId,
    JobType,
    StartTimeUtc,
    EndTimeUtc,
    CreatedDateTimeUtc,
    LastUpdatedDateTimeUtc,
    Outcome,
    Error,
}

/// <summary>Roots by their names in the language.</summary>
internal static class QueryRoots
{
    private static readonly ImmutableArray<(QueryRoot Root, string Name)> OfTwins =
    [
        (QueryRoot.DeviceId, "deviceId"), (QueryRoot.ModuleId, "moduleId"), (QueryRoot.ETag, "etag"), (QueryRoot.DeviceETag, "deviceEtag"),
        (QueryRoot.Status, "status"), (QueryRoot.StatusReason, "statusReason"), (QueryRoot.StatusUpdateTime, "statusUpdateTime"),
        (QueryRoot.ConnectionState, "connectionState"), (QueryRoot.LastActivityTime, "lastActivityTime"),
        (QueryRoot.CloudToDeviceMessageCount, "cloudToDeviceMessageCount"), (QueryRoot.AuthenticationType, "authenticationType"),
        (QueryRoot.X509Thumbprint, "x509Thumbprint"), (QueryRoot.ModelId, "modelId"), (QueryRoot.Version, "version"),
        (QueryRoot.Tags, "tags"), (QueryRoot.Properties, "properties"), (QueryRoot.Capabilities, "capabilities"),
        (QueryRoot.Configurations, "configurations"), (QueryRoot.DeviceScope, "deviceScope"), (QueryRoot.ParentScopes, "parentScopes"),
    ];

    private static readonly ImmutableArray<(QueryRoot Root, string Name)> OfJobs =
    [
        (QueryRoot.DeviceId, "deviceId"), (QueryRoot.JobId, "jobId"), (QueryRoot.JobType, "jobType"), (QueryRoot.Status, "status"),
        (QueryRoot.StartTimeUtc, "startTimeUtc"), (QueryRoot.EndTimeUtc, "endTimeUtc"),
        (QueryRoot.CreatedDateTimeUtc, "createdDateTimeUtc"), (QueryRoot.LastUpdatedDateTimeUtc, "lastUpdatedDateTimeUtc"),
        (QueryRoot.Outcome, "outcome"), (QueryRoot.Error, "error"),
    ];

    private static readonly ImmutableArray<string>[] Names = [.. Enum.GetValues<QueryRoot>().Select(Spell)];

    /// <summary>The names from the document's top to the root.</summary>
    public static ImmutableArray<string> NamesOf(QueryRoot root) => Names[(int)root];

    /// <summary>The root of that name, in any case; null if there is none.</summary>
    public static QueryRoot? Find(string name, QuerySource source)
    {
        foreach (var (root, known) in source == QuerySource.Jobs ? OfJobs : OfTwins)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return root;
            }
        }

        return null;
    }

    /// <summary>All names, for people.</summary>
    public static string List(QuerySource source) => string.Join(", ", (source == QuerySource.Jobs ? OfJobs : OfTwins).Select(known => known.Name));

    private static ImmutableArray<string> Spell(QueryRoot root) => root switch
    {
        QueryRoot.Desired => ["properties", "desired"],
        QueryRoot.Reported => ["properties", "reported"],
        _ => [OfTwins.Concat(OfJobs).First(known => known.Root == root).Name],
    };
}
