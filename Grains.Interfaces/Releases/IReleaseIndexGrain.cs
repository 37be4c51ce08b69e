using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.Releases;

/// <summary>Which releases there are. Key: 0. An id may stand here a moment before its release is there, and after it is gone.</summary>
[Alias("muster.IReleaseIndexGrain")]
public interface IReleaseIndexGrain : IGrainWithIntegerKey
{
    /// <summary>Ids in ordinal order.</summary>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    /// <param name="max">1 to 1000.</param>
    [Alias("List"), ReadOnly, AlwaysInterleave]
    Task<ReleaseIdPage> ListAsync(string? after, int max);
}

/// <param name="Ids">Some of them.</param>
/// <param name="Next">What to give as <c>after</c> to go on; null at the end.</param>
[GenerateSerializer, Immutable, Alias("muster.ReleaseIdPage")]
public sealed record ReleaseIdPage([property: Id(0)] ImmutableArray<string> Ids, [property: Id(1)] string? Next);
