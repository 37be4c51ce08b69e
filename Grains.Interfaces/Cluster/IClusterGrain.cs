using System.Collections.Immutable;

namespace Muster.Cluster;

/// <summary>The cluster as the silo that answers sees it. Key: any.</summary>
[Alias("muster.IClusterGrain")]
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>Never waits for another silo or the store.</summary>
    [Alias("Describe")]
    Task<ClusterView> DescribeAsync();
}

/// <summary>Who is in the cluster.</summary>
/// <param name="Version">Of the membership; rises with every change, so that views can be compared.</param>
/// <param name="AnsweredBy">Name of the silo whose view this is.</param>
/// <param name="Silos">By name; the dead are left out.</param>
[GenerateSerializer, Immutable, Alias("muster.ClusterView")]
public sealed record ClusterView([property: Id(0)] long Version, [property: Id(1)] string AnsweredBy, [property: Id(2)] ImmutableArray<ClusterSilo> Silos);

/// <param name="Name">Stable over restarts.</param>
/// <param name="Address">Address and port for other silos; with the generation, which tells one process from the next.</param>
/// <param name="Status">Joining, Active, ShuttingDown or Stopping.</param>
/// <param name="ProductVersion">What it runs; empty if it has not said so yet.</param>
[GenerateSerializer, Immutable, Alias("muster.ClusterSilo")]
public sealed record ClusterSilo(
    [property: Id(0)] string Name, [property: Id(1)] string Address, [property: Id(2)] string Status, [property: Id(3)] string ProductVersion);
