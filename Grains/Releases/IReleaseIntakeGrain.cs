using Muster.Errors;

namespace Muster.Releases;

/// <summary>What uploads tell a release. Key: the release's id, the same grain as <see cref="IReleaseGrain"/>.</summary>
[Alias("muster.IReleaseIntakeGrain")]
internal interface IReleaseIntakeGrain : IGrainWithStringKey
{
    /// <summary>Says why an artifact would not be taken; null if it would be. Changes nothing.</summary>
    [Alias("Check")]
    Task<Refusal?> CheckAsync(NewArtifact artifact);

    /// <summary>Takes an artifact whose bytes are in their place. Idempotent.</summary>
    [Alias("Add")]
    Task<ReleaseReply> AddAsync(NewArtifact artifact);
}

/// <summary>An artifact that was uploaded and hashed.</summary>
[GenerateSerializer, Immutable, Alias("muster.NewArtifact")]
internal sealed record NewArtifact(
    [property: Id(0)] string UploadId, [property: Id(1)] ReleaseArtifact File, [property: Id(2)] ArtifactSignature? Signature);
