using Muster.Errors;
using Orleans.Concurrency;

namespace Muster.Releases;

/// <summary>
/// One release: what runs on devices, with its artifacts. Key: the release's id, <c>name@version</c>. Draft → published → deprecated → withdrawn; only a draft
/// changes. Where <c>ifMatch</c> is asked for: the etag that must still hold, <c>*</c> or null for any; else PreconditionFailed. Every reply that says a change
/// was accepted is sent after the change was durable. Refused in all of them: ReleaseNotFound.
/// </summary>
[Alias("muster.IReleaseGrain")]
public interface IReleaseGrain : IGrainWithStringKey
{
    /// <summary>Null if there is no such release.</summary>
    [Alias("Get"), ReadOnly, AlwaysInterleave]
    Task<ReleaseView?> GetAsync();

    /// <summary>Null if there is no such release.</summary>
    [Alias("GetManifest"), ReadOnly, AlwaysInterleave]
    Task<ReleaseManifest?> GetManifestAsync();

    /// <summary>Makes the release as a draft. Its name and version must be those of the key.</summary>
    /// <returns>Refused: ArgumentInvalid, ReleaseAlreadyExists (also where one of this id was published and deleted), TooManyReleases.</returns>
    [Alias("Create")]
    Task<ReleaseReply> CreateAsync(ReleaseSpec spec);

    /// <summary>Changes what a draft says.</summary>
    /// <returns>Refused: ArgumentInvalid, ReleaseStatusConflict where it is no draft, PreconditionFailed.</returns>
    [Alias("Change")]
    Task<ReleaseReply> ChangeAsync(ReleaseChange change, string? ifMatch);

    /// <summary>
    /// Publishes a draft; idempotent. It needs an artifact, and each needs a signature that holds now by a key that was not revoked, unless
    /// <c>Releases:RequireSignature</c> is off. Its manifest has at most 4096 bytes, which is what one string of a twin takes: models times hardware revisions, and files.
    /// </summary>
    /// <returns>Refused: ReleaseNotReady, SignatureInvalid, ReleaseStatusConflict, PreconditionFailed.</returns>
    [Alias("Publish")]
    Task<ReleaseReply> PublishAsync(string? ifMatch);

    /// <summary>Deprecates a published release; idempotent.</summary>
    /// <returns>Refused: ReleaseStatusConflict, PreconditionFailed.</returns>
    [Alias("Deprecate")]
    Task<ReleaseReply> DeprecateAsync(string? ifMatch);

    /// <summary>Withdraws the release, pinned or not: always possible, and idempotent; the first reason stays.</summary>
    /// <param name="reason">For people, 1 to 500 characters; longer ones are cut.</param>
    /// <returns>Refused: PreconditionFailed.</returns>
    [Alias("Withdraw")]
    Task<ReleaseReply> WithdrawAsync(string reason, string? ifMatch);

    /// <summary>
    /// Deletes the release, and its artifacts' bytes where no other release has them. Idempotent. None is made under its id again, unless it never was published.
    /// </summary>
    /// <returns>Null once it is gone; ReleasePinned, PreconditionFailed.</returns>
    [Alias("Delete")]
    Task<Refusal?> DeleteAsync(string? ifMatch);

    /// <summary>Asks for a place to upload an artifact of a draft to. What belongs to the release changes only once the upload was complete and right.</summary>
    /// <returns>Refused: ArgumentInvalid, ArtifactTooLarge, ArtifactAlreadyExists, TooManyArtifacts, ReleaseStatusConflict.</returns>
    [Alias("BeginUpload")]
    Task<ArtifactUploadReply> BeginUploadAsync(ArtifactSpec artifact);

    /// <summary>Gives an artifact of a draft a signature, in place of one that it had.</summary>
    /// <returns>Refused: ArtifactNotFound, SignatureInvalid, SigningKeyNotFound, ReleaseStatusConflict, PreconditionFailed.</returns>
    [Alias("SignArtifact")]
    Task<ReleaseReply> SignArtifactAsync(string name, ArtifactSignature signature, string? ifMatch);

    /// <summary>Takes an artifact out of a draft.</summary>
    /// <returns>Refused: ArtifactNotFound, ReleaseStatusConflict, PreconditionFailed.</returns>
    [Alias("RemoveArtifact")]
    Task<ReleaseReply> RemoveArtifactAsync(string name, string? ifMatch);

    /// <summary>Keeps the release from being deleted. Idempotent.</summary>
    /// <param name="holder">Who needs it: a rollout's id, 1 to 140 characters.</param>
    /// <returns>Null once it is pinned; ReleaseNotFound, ReleaseStatusConflict for a draft and one that was withdrawn, ReleasePinned where 1024 hold it.</returns>
    [Alias("Pin")]
    Task<Refusal?> PinAsync(string holder);

    /// <summary>Idempotent, whatever the release's status, and if there is none.</summary>
    [Alias("Unpin")]
    Task UnpinAsync(string holder);
}
