using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Errors;
using Muster.Storage;

namespace Muster.Releases;

[GrainType("release")]
internal sealed partial class ReleaseGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<ReleaseState> storage,
    IArtifactLinks links,
    IOptions<ReleaseOptions> options,
    TimeProvider clock,
    ILogger<ReleaseGrain> logger) : Grain, IReleaseGrain, IReleaseIntakeGrain
{
    /// <summary>As it is stored; null if there is no such release, or none any more.</summary>
    private ReleaseState? release;

    private string ReleaseId => this.GetPrimaryKeyString();

    private ReleaseState? Stored => storage.RecordExists ? storage.State : null;

    private IReleaseCatalogGrain Catalog => GrainFactory.GetGrain<IReleaseCatalogGrain>(0);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        release = Stored is { DeletedAt: null } there ? there : null;
        return Task.CompletedTask;
    }

    public Task<ReleaseView?> GetAsync() => Task.FromResult(release?.View(ReleaseId));

    public Task<ReleaseManifest?> GetManifestAsync() => Task.FromResult(release?.Manifest(ReleaseId));

    public async Task<ReleaseReply> CreateAsync(ReleaseSpec spec)
    {
        if (ReleaseRules.Check(ReleaseId, spec) is { } wrong)
        {
            return new ReleaseReply.Refused(wrong);
        }

        if (ReleaseMachine.CheckCreate(ReleaseId, Stored) is { } taken)
        {
            return new ReleaseReply.Refused(taken);
        }

        // First there: a release that nobody can find would be worse than an entry without one.
        if (await Catalog.AddAsync(ReleaseId) is { } full)
        {
            return new ReleaseReply.Refused(full);
        }

        var now = clock.GetUtcNow();
        await SaveAsync(new ReleaseState { Revision = now.UtcTicks, Spec = spec, CreatedAt = now });
        LogCreated(ReleaseId);
        return Accepted();
    }

    public Task<ReleaseReply> ChangeAsync(ReleaseChange change, string? ifMatch) =>
        MoveAsync(state => ReleaseMachine.Change(ReleaseId, state, change, ifMatch));

    public async Task<ReleaseReply> PublishAsync(string? ifMatch)
    {
        var keys = options.Value.RequireSignature ? await GrainFactory.GetGrain<ISigningKeysGrain>(0).ListAsync() : [];
        return await MoveAsync(state => ReleaseMachine.Publish(ReleaseId, state, Mistrust, clock.GetUtcNow(), ifMatch));

        Refusal? Mistrust(StoredArtifact artifact) => !options.Value.RequireSignature ? null
            : artifact.Signature is not { } signature ? new Refusal(HubErrorCode.ReleaseNotReady, $"The artifact {artifact.File.Name} has no signature.")
            : SignatureCheck.Judge(keys, signature, artifact.File, clock.GetUtcNow()).Why;
    }

    public Task<ReleaseReply> DeprecateAsync(string? ifMatch) => MoveAsync(state => ReleaseMachine.Deprecate(ReleaseId, state, ifMatch));

    public Task<ReleaseReply> WithdrawAsync(string reason, string? ifMatch) =>
        MoveAsync(state => ReleaseMachine.Withdraw(ReleaseId, state, reason, ifMatch));

    public async Task<Refusal?> PinAsync(string holder) =>
        await MoveAsync(state => ReleaseMachine.Pin(ReleaseId, state, holder)) is ReleaseReply.Refused refused ? refused.Why : null;

    public async Task UnpinAsync(string holder)
    {
        if (release is { } state && state.Pins.Contains(holder))
        {
            await SaveAsync(state with { Pins = state.Pins.Remove(holder) });
        }
    }

    private async Task<ReleaseReply> MoveAsync(Func<ReleaseState, ReleaseMove> decide)
    {
        if (release is not { } before)
        {
            return new ReleaseReply.Refused(ReleaseMachine.NotFound(ReleaseId));
        }

        switch (decide(before))
        {
            case ReleaseMove.Moved(var next):
                await SaveAsync(next);
                LogStatus(before, next);
                return Accepted();
            case ReleaseMove.Unchanged:
                return Accepted();
            case ReleaseMove.Refused(var why):
                return new ReleaseReply.Refused(why);
            case var other:
                throw new NotSupportedException($"Unknown move {other}.");
        }
    }

    // A write that fails drops the activation, so that what was not stored is not shown.
    private async Task SaveAsync(ReleaseState next)
    {
        storage.State = next;
        await storage.WriteStateAsync();
        release = next;
    }

    private ReleaseReply.Accepted Accepted() => new(release!.View(ReleaseId));
}
