using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Muster.Cluster;

[GrainType("cluster"), StatelessWorker]
internal sealed class ClusterGrain(IClusterMembershipService membership, ILocalSiloDetails silo, IServiceProvider services) : Grain, IClusterGrain
{
    public Task<ClusterView> DescribeAsync()
    {
        var snapshot = membership.CurrentSnapshot;
        var silos = snapshot.Members.Values
            .Where(member => member.Status != SiloStatus.Dead)
            .Select(member => new ClusterSilo(member.Name, member.SiloAddress.ToParsableString(), member.Status.ToString(), VersionOf(member.SiloAddress)))
            .OrderBy(member => member.Name, StringComparer.Ordinal);
        return Task.FromResult(new ClusterView(snapshot.Version.Value, silo.Name, [.. silos]));
    }

    private string VersionOf(SiloAddress address) =>
        services.GetService<ISiloMetadataCache>()?.GetSiloMetadata(address).Metadata.GetValueOrDefault(SiloFacts.Version) ?? "";
}

/// <summary>What a silo tells the others of itself.</summary>
public static class SiloFacts
{
    /// <summary>The product's version.</summary>
    public const string Version = "muster.version";

    /// <summary>How finely the grain directory is cut; must be equal on all silos.</summary>
    public const string DirectoryPartitions = "muster.directory-partitions";
}
