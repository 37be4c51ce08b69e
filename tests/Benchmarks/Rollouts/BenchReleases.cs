using System.Collections.Immutable;
using Muster.Errors;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Benchmarks.Rollouts;

/// <summary>Two releases that stand for published ones: what is measured are rollouts, and no agent here downloads anything.</summary>
internal sealed class BenchReleases : IReleaseSource
{
    internal const string Before = "pump-fw@1.0.0";
    internal const string After = "pump-fw@2.0.0";

    public Task<PlannedRelease?> FindAsync(string release) => Task.FromResult(release is Before or After ? Release(release[(release.IndexOf('@', StringComparison.Ordinal) + 1)..]) : null);

    public Task<PlannedRelease?> FindNewAsync(string release) => FindAsync(release);

    public Task<IReadOnlyList<string>> NamedAsync(string name) => Task.FromResult<IReadOnlyList<string>>([Before, After]);

    public Task<Refusal?> PinAsync(string release, string rollout) => Task.FromResult<Refusal?>(null);

    public Task UnpinAsync(string release, string rollout) => Task.CompletedTask;

    public Task<ImmutableDictionary<string, string>> GoldenAsync(IReadOnlyCollection<string> models) => Task.FromResult(ImmutableDictionary<string, string>.Empty);

    private static PlannedRelease Release(string version) => new()
    {
        Id = $"pump-fw@{version}",
        Name = "pump-fw",
        Version = version,
        Models = ["fuel-pump"],
        Artifacts = [new PlannedArtifact { FileName = "pump.swu", Size = 1 << 20, Sha256 = new string('a', 64), Sha1 = new string('b', 40), Md5 = new string('c', 32) }],
    };
}
