using Muster.Errors;
using Muster.Twins;

namespace Muster.Releases;

/// <summary>What a change makes of a release.</summary>
internal abstract record ReleaseMove
{
    private ReleaseMove() { }

    internal sealed record Moved(ReleaseState Next) : ReleaseMove;

    /// <summary>It stands so already.</summary>
    internal sealed record Unchanged : ReleaseMove;

    internal sealed record Refused(Refusal Why) : ReleaseMove;
}

/// <summary>The life of a release, which only ever goes on. Pure: no clock, no storage, no Orleans.</summary>
internal static class ReleaseMachine
{
    internal const int MaxArtifacts = 16;
    internal const int MaxUploads = 16;
    internal const int MaxPins = 1024;

    private static readonly ReleaseMove Unchanged = new ReleaseMove.Unchanged();

    /// <summary>Why no release can be made under an id; null if one can.</summary>
    /// <param name="stored">What is kept under it, of a release that was deleted too; null: nothing.</param>
    internal static Refusal? CheckCreate(string id, ReleaseState? stored) => stored is null ? null
        : new Refusal(HubErrorCode.ReleaseAlreadyExists, stored.DeletedAt is null
            ? $"There is a release {id} already."
            : $"The release {id} was published before and deleted: give this one another version.");

    internal static ReleaseMove Change(string id, ReleaseState release, ReleaseChange change, string? ifMatch)
    {
        if ((CheckTag(id, release, ifMatch) ?? CheckDraft(id, release)) is { } why)
        {
            return new ReleaseMove.Refused(why);
        }

        var spec = release.Spec! with
        {
            Description = change.Description ?? release.Spec.Description,
            Compatibility = change.Compatibility ?? release.Spec.Compatibility,
        };
        return ReleaseRules.Check(id, spec) is { } wrong ? new ReleaseMove.Refused(wrong) : Moved(release with { Spec = spec });
    }

    /// <param name="mistrust">Why an artifact's signature does not hold; null where it does, or is not asked for.</param>
    internal static ReleaseMove Publish(string id, ReleaseState release, Func<StoredArtifact, Refusal?> mistrust, DateTimeOffset now, string? ifMatch)
    {
        if (CheckTag(id, release, ifMatch) is { } changed)
        {
            return new ReleaseMove.Refused(changed);
        }

        var published = release with { Status = ReleaseStatus.Published, PublishedAt = now };
        return release.Status switch
        {
            ReleaseStatus.Published => Unchanged,
            not ReleaseStatus.Draft => Refuse(HubErrorCode.ReleaseStatusConflict, $"The release {id} is {Word(release.Status)}: only a draft can be published."),
            _ when release.Artifacts.IsEmpty => Refuse(HubErrorCode.ReleaseNotReady, $"The release {id} has no artifact."),
            _ => (release.Artifacts.Select(mistrust).FirstOrDefault(why => why is not null) ?? CheckManifest(id, published)) is { } why
                ? new ReleaseMove.Refused(why)
                : Moved(published),
        };
    }

    internal static ReleaseMove Deprecate(string id, ReleaseState release, string? ifMatch) =>
        CheckTag(id, release, ifMatch) is { } changed ? new ReleaseMove.Refused(changed) : release.Status switch
        {
            ReleaseStatus.Deprecated => Unchanged,
            ReleaseStatus.Published => Moved(release with { Status = ReleaseStatus.Deprecated }),
            _ => Refuse(HubErrorCode.ReleaseStatusConflict, $"The release {id} is {Word(release.Status)}: only a published one can be deprecated."),
        };

    internal static ReleaseMove Withdraw(string id, ReleaseState release, string reason, string? ifMatch) =>
        CheckTag(id, release, ifMatch) is { } changed ? new ReleaseMove.Refused(changed)
        : release.Status == ReleaseStatus.Withdrawn ? Unchanged
        : Moved(release with { Status = ReleaseStatus.Withdrawn, Reason = reason[..Math.Min(reason.Length, ReleaseRules.MaxReason)] });

    /// <summary>An upload of an artifact may begin, beside those whose time is not over.</summary>
    internal static ReleaseMove BeginUpload(string id, ReleaseState release, OpenUpload upload, DateTimeOffset now)
    {
        var open = release.Uploads.RemoveAll(other => other.ExpiresAt <= now || other.Name == upload.Name);
        return CheckDraft(id, release) is { } why ? new ReleaseMove.Refused(why)
            : release.Artifact(upload.Name) is not null ? new ReleaseMove.Refused(ArtifactExists(id, upload.Name))
            : release.Artifacts.Length + open.Length >= MaxArtifacts || open.Length >= MaxUploads ? new ReleaseMove.Refused(TooManyArtifacts(id))
            : new ReleaseMove.Moved(release with { Uploads = open.Add(upload) });
    }

    /// <summary>An artifact that was uploaded and found right becomes part of the draft; once, however often it is said.</summary>
    internal static ReleaseMove Add(string id, ReleaseState release, StoredArtifact artifact, string uploadId) =>
        release.Artifact(artifact.File.Name) is { } there && there.File == artifact.File ? Unchanged
        : CheckDraft(id, release) is { } why ? new ReleaseMove.Refused(why)
        : release.Artifact(artifact.File.Name) is not null ? new ReleaseMove.Refused(ArtifactExists(id, artifact.File.Name))
        : release.Artifacts.Length >= MaxArtifacts ? new ReleaseMove.Refused(TooManyArtifacts(id))
        : Moved(release with { Artifacts = release.Artifacts.Add(artifact), Uploads = release.Uploads.RemoveAll(upload => upload.Id == uploadId) });

    internal static ReleaseMove Sign(string id, ReleaseState release, StoredArtifact signed, string? ifMatch) =>
        (CheckTag(id, release, ifMatch) ?? CheckDraft(id, release)) is { } why ? new ReleaseMove.Refused(why)
        : release.Artifact(signed.File.Name) is not { } artifact ? new ReleaseMove.Refused(NoArtifact(id, signed.File.Name))
        : Moved(release with { Artifacts = release.Artifacts.Replace(artifact, signed) });

    internal static ReleaseMove Remove(string id, ReleaseState release, string name, string? ifMatch) =>
        (CheckTag(id, release, ifMatch) ?? CheckDraft(id, release)) is { } why ? new ReleaseMove.Refused(why)
        : release.Artifact(name) is not { } artifact ? new ReleaseMove.Refused(NoArtifact(id, name))
        : Moved(release with { Artifacts = release.Artifacts.Remove(artifact) });

    internal static ReleaseMove Pin(string id, ReleaseState release, string holder) =>
        release.Status is ReleaseStatus.Draft or ReleaseStatus.Withdrawn
            ? Refuse(HubErrorCode.ReleaseStatusConflict, $"The release {id} is {Word(release.Status)}: nothing can be done with it.")
        : release.Pins.Contains(holder) ? Unchanged
        : release.Pins.Length >= MaxPins ? Refuse(HubErrorCode.ReleasePinned, $"The release {id} is held by {MaxPins} already, which is as many as may hold it.")
        : new ReleaseMove.Moved(release with { Pins = release.Pins.Add(holder) });

    internal static Refusal? CheckDelete(string id, ReleaseState release, string? ifMatch) =>
        CheckTag(id, release, ifMatch) ?? (release.Pins.IsEmpty ? null
            : new Refusal(HubErrorCode.ReleasePinned, $"The release {id} is held by {release.Pins[0]}{(release.Pins.Length > 1 ? " and others" : "")}."));

    /// <summary>What is kept of a release that is deleted: what was ever published never becomes another one. Null for one that never was.</summary>
    internal static ReleaseState? Tombstone(ReleaseState release, DateTimeOffset now) => release.PublishedAt is null ? null
        : release with { Revision = release.Revision + 1, Status = ReleaseStatus.Withdrawn, Artifacts = [], Pins = [], Uploads = [], DeletedAt = now };

    internal static Refusal NotFound(string id) => new(HubErrorCode.ReleaseNotFound, $"There is no release {id}.");

    internal static Refusal NoArtifact(string id, string name) => new(HubErrorCode.ArtifactNotFound, $"The release {id} has no artifact {name}.");

    internal static Refusal? CheckDraft(string id, ReleaseState release) => release.Status == ReleaseStatus.Draft ? null
        : new Refusal(HubErrorCode.ReleaseStatusConflict, $"The release {id} is {Word(release.Status)}: only a draft can be changed.");

    internal static string Word(ReleaseStatus status) => status.ToString().ToLowerInvariant();

    // It becomes one string of the desired properties of each device that updates over its twin.
    private static Refusal? CheckManifest(string id, ReleaseState published) =>
        ManifestSigner.SizeOf(published.Manifest(id)) is > TwinLimits.MaxStringBytes and var bytes
            ? new Refusal(
                HubErrorCode.ReleaseNotReady,
                $"The manifest of {id} has {bytes} bytes, and a twin takes {TwinLimits.MaxStringBytes}: name fewer models or hardware revisions, or leave files out.")
            : null;

    private static Refusal? CheckTag(string id, ReleaseState release, string? ifMatch) =>
        ifMatch is null or "*" || ifMatch == release.ETag ? null : Refusals.Changed($"The release {id} has changed: its etag is {release.ETag}.");

    private static Refusal ArtifactExists(string id, string name) => new(HubErrorCode.ArtifactAlreadyExists, $"The release {id} has an artifact {name} already.");

    private static Refusal TooManyArtifacts(string id) =>
        new(HubErrorCode.TooManyArtifacts, $"The release {id} has {MaxArtifacts} artifacts, uploads under way included; no more are possible.");

    private static ReleaseMove.Moved Moved(ReleaseState next) => new(next with { Revision = next.Revision + 1 });

    private static ReleaseMove.Refused Refuse(HubErrorCode code, string message) => new(new Refusal(code, message));
}
