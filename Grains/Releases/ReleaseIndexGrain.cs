using System.Collections.Immutable;
using Muster.Errors;
using Muster.Storage;

namespace Muster.Releases;

/// <summary>What releases tell the list of them. Key: 0, the same grain as <see cref="IReleaseIndexGrain"/>.</summary>
[Alias("muster.IReleaseCatalogGrain")]
internal interface IReleaseCatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Idempotent.</summary>
    /// <returns>Null once it is there; TooManyReleases.</returns>
    [Alias("Add")]
    Task<Refusal?> AddAsync(string releaseId);

    /// <summary>Idempotent.</summary>
    [Alias("Remove")]
    Task RemoveAsync(string releaseId);
}

/// <summary>All ids in one document.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReleaseIndexState")]
internal sealed record ReleaseIndexState
{
    /// <summary>In ordinal order.</summary>
    [Id(0)] public ImmutableArray<string> Ids { get; init; } = [];
}

[GrainType("releases")]
internal sealed class ReleaseIndexGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<ReleaseIndexState> storage) : Grain, IReleaseIndexGrain, IReleaseCatalogGrain
{
    /// <summary>What one document takes of the longest ids.</summary>
    internal const int MaxReleases = 1500;

    private const int MaxPage = 1000;
    private ImmutableArray<string> ids = [];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        ids = storage.RecordExists ? storage.State.Ids : ids;
        return Task.CompletedTask;
    }

    public Task<ReleaseIdPage> ListAsync(string? after, int max)
    {
        var from = after is null ? 0 : Place(after) is var place && place >= 0 ? place + 1 : ~place;
        var count = Math.Min(Math.Clamp(max, 1, MaxPage), ids.Length - from);
        var page = ids.Slice(from, count);
        return Task.FromResult(new ReleaseIdPage(page, from + count < ids.Length ? page[^1] : null));
    }

    public async Task<Refusal?> AddAsync(string releaseId)
    {
        var place = Place(releaseId);
        if (place >= 0)
        {
            return null;
        }

        if (ids.Length >= MaxReleases)
        {
            return new Refusal(HubErrorCode.TooManyReleases, $"There are {MaxReleases} releases; no more are possible.");
        }

        await SaveAsync(ids.Insert(~place, releaseId));
        return null;
    }

    public async Task RemoveAsync(string releaseId)
    {
        if (Place(releaseId) is >= 0 and var place)
        {
            await SaveAsync(ids.RemoveAt(place));
        }
    }

    private int Place(string releaseId) => ids.BinarySearch(releaseId, StringComparer.Ordinal);

    private async Task SaveAsync(ImmutableArray<string> next)
    {
        storage.State = new ReleaseIndexState { Ids = next };
        await storage.WriteStateAsync();
        ids = next;
    }
}
