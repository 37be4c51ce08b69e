using Muster.Errors;
using Orleans.Concurrency;

namespace Muster.Releases;

/// <summary>
/// The golden release of a device model: what a device falls back to when nothing else is left. Key: the model, as devices report it, 1 to 128 characters.
/// A golden release is pinned, so that it cannot be deleted.
/// </summary>
[Alias("muster.IGoldenReleaseGrain")]
public interface IGoldenReleaseGrain : IGrainWithStringKey
{
    /// <summary>Null if the model has none.</summary>
    [Alias("Get"), ReadOnly, AlwaysInterleave]
    Task<GoldenRelease?> GetAsync();

    /// <summary>Makes a published release golden, in place of another one. Idempotent.</summary>
    /// <param name="releaseId">It must be published, and name the model among its compatible ones.</param>
    /// <param name="ifMatch">The etag that must still hold; <c>*</c> or null for any.</param>
    /// <returns>Refused: ReleaseNotFound, ReleaseStatusConflict, ArgumentInvalid, PreconditionFailed.</returns>
    [Alias("Set")]
    Task<GoldenReply> SetAsync(string releaseId, string? ifMatch);
}

/// <param name="ReleaseId">It was published when it became golden; it may have been withdrawn since.</param>
/// <param name="SetAt">UTC, the silo's clock.</param>
/// <param name="ETag">Without quotes.</param>
[GenerateSerializer, Immutable, Alias("muster.GoldenRelease")]
public sealed record GoldenRelease([property: Id(0)] string ReleaseId, [property: Id(1)] DateTimeOffset SetAt, [property: Id(2)] string ETag);

/// <summary>What became of a request about a golden release.</summary>
[GenerateSerializer, Immutable, Alias("muster.GoldenReply")]
public abstract record GoldenReply
{
    private GoldenReply() { }

    /// <summary>It stands so, durably.</summary>
    [GenerateSerializer, Immutable, Alias("muster.GoldenReply.Accepted")]
    public sealed record Accepted([property: Id(0)] GoldenRelease Golden) : GoldenReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.GoldenReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : GoldenReply;
}
