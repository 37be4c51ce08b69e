using Microsoft.Extensions.Logging;
using Muster.Errors;
using Muster.Files;

namespace Muster.Releases;

/// <summary>
/// What happens to a file that came whole: it is hashed, compared with what was declared, its signature checked; only then its bytes are put in their place, and
/// it belongs to the release. Each step may be done again: a request after a crash goes on where the one before it ended.
/// </summary>
internal sealed partial class UploadIntake(ArtifactStore store, IGrainFactory grains, ILogger<UploadIntake> logger)
{
    private const string ContentType = "application/octet-stream";

    internal async Task<(ArtifactView? Artifact, Refusal? Why)> FinishAsync(UploadTurn turn, ArtifactUpload upload, CancellationToken cancellationToken)
    {
        var name = ArtifactBlobs.Upload(turn.UploadId);
        if (upload.File is { } known && await store.Blobs.DescribeAsync(name, cancellationToken) is null)
        {
            // In its place already.
            return await AddAsync(turn, upload, known);
        }

        if (upload.File is null)
        {
            await store.Blobs.CommitAsync(name, upload.BlockIds, ContentType, cancellationToken);
        }

        var hashes = turn.HasherOf(upload.Pieces) is { } hasher ? hasher.Finish() : await HashAsync(name, cancellationToken);
        turn.ForgetHasher();
        var file = Describe(upload, hashes);
        if (await JudgeAsync(turn, upload, file) is { } why)
        {
            LogRefused(upload.Spec!.Name, upload.ReleaseId, why.Message);
            await Upload(turn).RestartAsync();
            return (null, why);
        }

        await Upload(turn).FinishAsync(file);
        var full = await grains.GetGrain<IArtifactContentGrain>(file.Sha256).KeepAsync(new UploadedContent(turn.UploadId, [.. hashes.Blocks]), file.ReleaseId);
        return full is not null ? (null, full) : await AddAsync(turn, upload, file);
    }

    private async Task<Refusal?> JudgeAsync(UploadTurn turn, ArtifactUpload upload, ReleaseArtifact file) =>
        upload.Spec!.Sha256 is { } declared && !declared.Equals(file.Sha256, StringComparison.OrdinalIgnoreCase)
            ? new Refusal(HubErrorCode.ArtifactHashMismatch, $"The SHA-256 of what came is {file.Sha256}, not {declared.ToLowerInvariant()}. Begin again.")
            : await grains.GetGrain<IReleaseIntakeGrain>(upload.ReleaseId).CheckAsync(new NewArtifact(turn.UploadId, file, upload.Spec.Signature));

    private async Task<(ArtifactView? Artifact, Refusal? Why)> AddAsync(UploadTurn turn, ArtifactUpload upload, ReleaseArtifact file)
    {
        var reply = await grains.GetGrain<IReleaseIntakeGrain>(upload.ReleaseId).AddAsync(new NewArtifact(turn.UploadId, file, upload.Spec!.Signature));
        if (reply is ReleaseReply.Refused refused)
        {
            var release = await grains.GetGrain<IReleaseGrain>(upload.ReleaseId).GetManifestAsync();
            if (release?.Artifacts.Any(artifact => artifact.Sha256 == file.Sha256) != true)
            {
                await grains.GetGrain<IArtifactContentGrain>(file.Sha256).DropAsync(file.ReleaseId);
            }

            await Upload(turn).RestartAsync();
            return (null, refused.Why);
        }

        await Upload(turn).EndAsync();
        LogAdded(file.Name, file.Size, file.ReleaseId);
        return (((ReleaseReply.Accepted)reply).Release.Artifacts.Single(artifact => artifact.File.Name == file.Name), null);
    }

    private IArtifactUploadGrain Upload(UploadTurn turn) => grains.GetGrain<IArtifactUploadGrain>(turn.UploadId);

    private async Task<ArtifactHashes> HashAsync(string blobName, CancellationToken cancellationToken)
    {
        await using var reader = await store.Blobs.OpenAsync(blobName, cancellationToken) ?? throw new BlobStoreException(BlobFault.UnknownBlock);
        using var hasher = new ArtifactHasher();
        using var stream = new HashingStream(hasher);
        await reader.CopyToAsync(stream, 0, reader.Properties.Size, cancellationToken);
        return hasher.Finish();
    }

    private static ReleaseArtifact Describe(ArtifactUpload upload, ArtifactHashes hashes) => new()
    {
        ReleaseId = upload.ReleaseId,
        Name = upload.Spec!.Name,
        Size = upload.Received,
        Sha256 = hashes.Sha256,
        Sha1 = hashes.Sha1,
        Md5 = hashes.Md5,
        ContentType = upload.Spec.ContentType ?? ContentType,
        BlocksSha256 = hashes.BlocksSha256,
    };

    [LoggerMessage(EventId = 8111, Level = LogLevel.Information, Message = "The artifact {Name} of {Size} bytes belongs to the release {ReleaseId}")]
    private partial void LogAdded(string name, long size, string releaseId);

    [LoggerMessage(EventId = 8112, Level = LogLevel.Warning, Message = "The artifact {Name} was not taken into the release {ReleaseId}: {Why}")]
    private partial void LogRefused(string name, string releaseId, string why);
}
