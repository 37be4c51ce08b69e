using System.Globalization;
using Microsoft.Extensions.Logging;
using Muster.Errors;
using Muster.Storage;

namespace Muster.Releases;

/// <summary>A model's golden release as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.GoldenState")]
internal sealed record GoldenState
{
    [Id(0)] public string ReleaseId { get; init; } = "";

    [Id(1)] public DateTimeOffset SetAt { get; init; }

    [Id(2)] public long Revision { get; init; }

    internal GoldenRelease View() => new(ReleaseId, SetAt, Revision.ToString(CultureInfo.InvariantCulture));
}

[GrainType("golden-release")]
internal sealed partial class GoldenReleaseGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<GoldenState> storage,
    TimeProvider clock,
    ILogger<GoldenReleaseGrain> logger) : Grain, IGoldenReleaseGrain
{
    private GoldenState? golden;

    private string Model => this.GetPrimaryKeyString();

    private string Holder => $"golden:{Model}";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        golden = storage.RecordExists ? storage.State : null;
        return Task.CompletedTask;
    }

    public Task<GoldenRelease?> GetAsync() => Task.FromResult(golden?.View());

    public async Task<GoldenReply> SetAsync(string releaseId, string? ifMatch)
    {
        if (ifMatch is not (null or "*") && ifMatch != golden?.View().ETag)
        {
            return new GoldenReply.Refused(Refusals.Changed($"The golden release of {Model} has changed."));
        }

        if (await CheckAsync(releaseId) is { } why)
        {
            return new GoldenReply.Refused(why);
        }

        var before = golden;
        if (before?.ReleaseId != releaseId)
        {
            await SaveAsync(new GoldenState { ReleaseId = releaseId, SetAt = clock.GetUtcNow(), Revision = (before?.Revision ?? 0) + 1 });
            LogSet(Model, releaseId);
            if (before is not null)
            {
                await Release(before.ReleaseId).UnpinAsync(Holder);
            }
        }

        return new GoldenReply.Accepted(golden!.View());
    }

    // Pinned before it is golden: at worst a release is held that is not golden any more, or not yet.
    private async Task<Refusal?> CheckAsync(string releaseId)
    {
        if (!ReleaseIds.IsValid(releaseId) || await Release(releaseId).GetManifestAsync() is not { } release)
        {
            return ReleaseMachine.NotFound(releaseId);
        }

        return release.Status != ReleaseStatus.Published
                ? new Refusal(HubErrorCode.ReleaseStatusConflict, $"The release {releaseId} is {ReleaseMachine.Word(release.Status)}: only a published one can be golden.")
            : !release.Compatibility.Models.Contains(Model, StringComparer.Ordinal) ? Refusals.Invalid($"The release {releaseId} is not for devices of model {Model}.")
            : await Release(releaseId).PinAsync(Holder);
    }

    private IReleaseGrain Release(string releaseId) => GrainFactory.GetGrain<IReleaseGrain>(releaseId);

    private async Task SaveAsync(GoldenState next)
    {
        storage.State = next;
        await storage.WriteStateAsync();
        golden = next;
    }

    [LoggerMessage(EventId = 8126, Level = LogLevel.Information, Message = "The golden release of model {Model} is {ReleaseId}")]
    private partial void LogSet(string model, string releaseId);
}
