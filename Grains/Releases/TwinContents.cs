using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Muster.Updates;

namespace Muster.Releases;

/// <summary>The signed manifest of a release, and links to its artifacts that one device may use. Thread-safe, bounded.</summary>
internal sealed class TwinContents(IGrainFactory grains, IServiceProvider services, TimeProvider clock) : ITwinContents
{
    private const int MaxManifests = 256;

    /// <summary>Longer than an offer waits for its device.</summary>
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromDays(8);

    /// <summary>A manifest never changes, but its release may be withdrawn: it is read anew after this. A device that has it already may be told of it for longer, and gets no file.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Entry> manifests = new(StringComparer.Ordinal);

    public async ValueTask<TwinContent?> GetAsync(PlannedRelease release, string deviceId)
    {
        if (services.GetService<IArtifactLinks>() is not { } links)
        {
            return null;
        }

        if (await ReadAsync(release.Id) is not { } manifest)
        {
            return null;
        }

        var expires = clock.GetUtcNow() + LinkLifetime;
        return new TwinContent(manifest.Manifest, manifest.Signature,
        [
            .. release.Artifacts.Select((artifact, i) => (string.Create(CultureInfo.InvariantCulture, $"f{i}"), links.Make(ReleaseSource.Artifact(release, artifact), deviceId, expires).Https)),
        ]);
    }

    private async ValueTask<SignedManifest?> ReadAsync(string release)
    {
        if (manifests.TryGetValue(release, out var known) && known.Until > clock.GetUtcNow())
        {
            return known.Manifest;
        }

        if (await grains.GetGrain<IManifestGrain>(release).GetSignedAsync() is not { } read)
        {
            return null;
        }

        if (manifests.Count >= MaxManifests)
        {
            manifests.Clear();
        }

        manifests[release] = new Entry(read, clock.GetUtcNow() + KnownFor);
        return read;
    }

    private readonly record struct Entry(SignedManifest Manifest, DateTimeOffset Until);
}
