using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Muster.Updates;

namespace Muster.Releases;

/// <summary>The signed manifest of a release, read once, and links to its artifacts that one device may use.</summary>
internal sealed class TwinContents(IGrainFactory grains, IServiceProvider services, TimeProvider clock) : ITwinContents
{
    private const int MaxManifests = 256;

    /// <summary>Longer than an offer waits for its device.</summary>
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromDays(8);

    private readonly ConcurrentDictionary<string, SignedManifest> manifests = new(StringComparer.Ordinal);

    public async ValueTask<TwinContent?> GetAsync(PlannedRelease release, string deviceId)
    {
        if (services.GetService<IArtifactLinks>() is not { } links)
        {
            return null;
        }

        if (!manifests.TryGetValue(release.Id, out var manifest))
        {
            if (await grains.GetGrain<IManifestGrain>(release.Id).GetSignedAsync() is not { } read)
            {
                return null;
            }

            if (manifests.Count >= MaxManifests)
            {
                manifests.Clear();
            }

            manifests[release.Id] = manifest = read;
        }

        var expires = clock.GetUtcNow() + LinkLifetime;
        return new TwinContent(manifest.Manifest, manifest.Signature,
        [
            .. release.Artifacts.Select((artifact, i) => (string.Create(CultureInfo.InvariantCulture, $"f{i}"), links.Make(ReleaseSource.Artifact(release, artifact), deviceId, expires).Https)),
        ]);
    }
}
