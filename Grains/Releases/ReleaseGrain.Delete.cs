using Muster.Errors;

namespace Muster.Releases;

/// <summary>How a release goes.</summary>
internal sealed partial class ReleaseGrain
{
    public async Task<Refusal?> DeleteAsync(string? ifMatch)
    {
        if (release is not { } state)
        {
            // What an earlier call left behind where it was cut off.
            await Catalog.RemoveAsync(ReleaseId);
            return ReleaseMachine.NotFound(ReleaseId);
        }

        if (ReleaseMachine.CheckDelete(ReleaseId, state, ifMatch) is { } why)
        {
            return why;
        }

        // No device may be on its way to bytes that go.
        await MoveAsync(current => ReleaseMachine.Withdraw(ReleaseId, current, "It is being deleted.", ifMatch: null));
        foreach (var upload in state.Uploads)
        {
            await GrainFactory.GetGrain<IArtifactUploadGrain>(upload.Id).EndAsync();
        }

        foreach (var artifact in state.Artifacts)
        {
            await GrainFactory.GetGrain<IArtifactContentGrain>(artifact.File.Sha256).DropAsync(ReleaseId);
        }

        await ForgetAsync(release!);
        await Catalog.RemoveAsync(ReleaseId);
        LogDeleted(ReleaseId);
        return null;
    }

    // Silos keep manifests and plans by the id of a release that devices could have.
    private async Task ForgetAsync(ReleaseState last)
    {
        if (ReleaseMachine.Tombstone(last, clock.GetUtcNow()) is { } tombstone)
        {
            storage.State = tombstone;
            await storage.WriteStateAsync();
        }
        else
        {
            await storage.ClearStateAsync();
        }

        release = null;
    }
}
