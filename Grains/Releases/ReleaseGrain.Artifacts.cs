using System.Security.Cryptography;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>How artifacts come to a draft, and go.</summary>
internal sealed partial class ReleaseGrain
{
    public async Task<ArtifactUploadReply> BeginUploadAsync(ArtifactSpec artifact)
    {
        if (release is not { } state)
        {
            return new ArtifactUploadReply.Refused(ReleaseMachine.NotFound(ReleaseId));
        }

        if (ReleaseRules.Check(artifact, options.Value.MaxArtifactBytes) is { } wrong)
        {
            return new ArtifactUploadReply.Refused(wrong);
        }

        var now = clock.GetUtcNow();
        var upload = new OpenUpload(RandomNumberGenerator.GetHexString(32, lowercase: true), artifact.Name, now + options.Value.UploadLifetime);
        var move = ReleaseMachine.BeginUpload(ReleaseId, state, upload, now);
        return move switch
        {
            ReleaseMove.Moved(var next) => await BeginAsync(state, next, upload, artifact),
            ReleaseMove.Refused(var why) => new ArtifactUploadReply.Refused(why),
            _ => throw new NotSupportedException($"Unknown move {move}."),
        };
    }

    public async Task<Refusal?> CheckAsync(NewArtifact artifact)
    {
        if (release is not { } state)
        {
            return ReleaseMachine.NotFound(ReleaseId);
        }

        var (stored, why) = await JudgeAsync(artifact.File, artifact.Signature);
        return why ?? (ReleaseMachine.Add(ReleaseId, state, stored!, artifact.UploadId) as ReleaseMove.Refused)?.Why;
    }

    public async Task<ReleaseReply> AddAsync(NewArtifact artifact)
    {
        var (stored, why) = await JudgeAsync(artifact.File, artifact.Signature);
        return why is not null ? new ReleaseReply.Refused(why) : await MoveAsync(state => ReleaseMachine.Add(ReleaseId, state, stored!, artifact.UploadId));
    }

    public async Task<ReleaseReply> SignArtifactAsync(string name, ArtifactSignature signature, string? ifMatch)
    {
        if (release?.Artifact(name) is not { } artifact)
        {
            return new ReleaseReply.Refused(release is null ? ReleaseMachine.NotFound(ReleaseId) : ReleaseMachine.NoArtifact(ReleaseId, name));
        }

        var (signed, why) = await JudgeAsync(artifact.File, signature);
        return why is not null ? new ReleaseReply.Refused(why) : await MoveAsync(state => ReleaseMachine.Sign(ReleaseId, state, signed!, ifMatch));
    }

    public async Task<ReleaseReply> RemoveArtifactAsync(string name, string? ifMatch)
    {
        var removed = release?.Artifact(name);
        var reply = await MoveAsync(state => ReleaseMachine.Remove(ReleaseId, state, name, ifMatch));
        if (removed is not null && reply is ReleaseReply.Accepted)
        {
            await DropIfUnusedAsync(removed.File.Sha256);
        }

        return reply;
    }

    private async Task<ArtifactUploadReply> BeginAsync(ReleaseState before, ReleaseState next, OpenUpload upload, ArtifactSpec artifact)
    {
        await SaveAsync(next);
        foreach (var over in before.Uploads.Except(next.Uploads))
        {
            await GrainFactory.GetGrain<IArtifactUploadGrain>(over.Id).EndAsync();
        }

        await GrainFactory.GetGrain<IArtifactUploadGrain>(upload.Id).BeginAsync(
            new ArtifactUpload { ReleaseId = ReleaseId, Spec = artifact, ExpiresAt = upload.ExpiresAt });
        return new ArtifactUploadReply.Begun(new ArtifactUploadLink(links.MakeUpload(upload.Id, upload.ExpiresAt), upload.ExpiresAt));
    }

    // Two artifacts of a release may have the same bytes.
    private Task DropIfUnusedAsync(string sha256) => release!.Artifacts.Any(artifact => artifact.File.Sha256 == sha256)
        ? Task.CompletedTask
        : GrainFactory.GetGrain<IArtifactContentGrain>(sha256).DropAsync(ReleaseId);

    private async Task<(StoredArtifact? Artifact, Refusal? Why)> JudgeAsync(ReleaseArtifact file, ArtifactSignature? signature)
    {
        if (signature is null)
        {
            return (new StoredArtifact(file, null, default), null);
        }

        var (key, why) = SignatureCheck.Judge(await GrainFactory.GetGrain<ISigningKeysGrain>(0).ListAsync(), signature, file, clock.GetUtcNow());
        return key is null ? (null, why) : (new StoredArtifact(file, signature with { KeyId = key.Id }, key.Kind), null);
    }
}
