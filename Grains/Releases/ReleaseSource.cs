using System.Collections.Immutable;
using Muster.Errors;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Releases;

/// <summary>Releases as rollouts and devices see them: those that devices may have.</summary>
internal sealed class ReleaseSource(IGrainFactory grains) : IReleaseSource
{
    private const int PageSize = 1000;

    public Task<PlannedRelease?> FindAsync(string release) => FindAsync(release, static manifest => manifest.MayBeDownloaded);

    public Task<PlannedRelease?> FindNewAsync(string release) => FindAsync(release, static manifest => manifest.Status == ReleaseStatus.Published);

    public async Task<IReadOnlyList<string>> NamedAsync(string name)
    {
        var (prefix, ids) = ($"{name}@", new List<string>());
        for (string? after = prefix; after is not null;)
        {
            var page = await grains.GetGrain<IReleaseIndexGrain>(0).ListAsync(after, PageSize);
            ids.AddRange(page.Ids.TakeWhile(id => id.StartsWith(prefix, StringComparison.Ordinal)));
            after = page.Next is { } next && next.StartsWith(prefix, StringComparison.Ordinal) ? next : null;
        }

        return ids;
    }

    public Task<Refusal?> PinAsync(string release, string rollout) => grains.GetGrain<IReleaseGrain>(release).PinAsync(rollout);

    public Task UnpinAsync(string release, string rollout) => grains.GetGrain<IReleaseGrain>(release).UnpinAsync(rollout);

    public async Task<ImmutableDictionary<string, string>> GoldenAsync(IReadOnlyCollection<string> models)
    {
        var golden = await Task.WhenAll(models.Where(static model => model.Length is > 0 and <= ReleaseRules.MaxModel).Distinct(StringComparer.Ordinal)
            .Select(async model => (Model: model, Release: await grains.GetGrain<IGoldenReleaseGrain>(model).GetAsync())));
        return golden.Where(static one => one.Release is not null).ToImmutableDictionary(static one => one.Model, static one => one.Release!.ReleaseId, StringComparer.Ordinal);
    }

    internal static ReleaseArtifact Artifact(PlannedRelease release, PlannedArtifact artifact) => new()
    {
        ReleaseId = release.Id,
        Name = artifact.FileName,
        Size = artifact.Size,
        Sha256 = artifact.Sha256,
        Sha1 = artifact.Sha1,
        Md5 = artifact.Md5,
        ContentType = "application/octet-stream",
        BlocksSha256 = "",
    };

    private async Task<PlannedRelease?> FindAsync(string release, Func<ReleaseManifest, bool> isFit) =>
        ReleaseIds.IsValid(release) && await grains.GetGrain<IReleaseGrain>(release).GetManifestAsync() is { } manifest && isFit(manifest) ? Plan(manifest) : null;

    private static PlannedRelease Plan(ReleaseManifest manifest) => new()
    {
        Id = manifest.Id,
        Name = manifest.Name,
        Version = manifest.Version,
        Models = manifest.Compatibility.Models,
        HardwareRevisions = manifest.Compatibility.HardwareRevisions,
        RequiredVersion = manifest.Compatibility.RequiredVersion,
        AllowDowngrade = manifest.Compatibility.AllowDowngrade,
        Artifacts =
        [
            .. manifest.Artifacts.Select(static artifact => new PlannedArtifact
            {
                FileName = artifact.Name,
                Size = artifact.Size,
                Sha256 = artifact.Sha256,
                Sha1 = artifact.Sha1,
                Md5 = artifact.Md5,
            }),
        ],
    };
}
