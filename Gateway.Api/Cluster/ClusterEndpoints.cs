using Muster.Access;
using Muster.Gateway;

namespace Muster.Cluster;

/// <summary>The cluster as the silo that answered sees it.</summary>
/// <param name="Version">Of the membership; rises with every change.</param>
/// <param name="AnsweredBy">Name of the silo whose view this is.</param>
/// <param name="Silos">By name; the dead are left out.</param>
internal sealed record ClusterResponse(long Version, string AnsweredBy, ClusterSiloResponse[] Silos)
{
    internal static ClusterResponse From(ClusterView view) =>
        new(view.Version, view.AnsweredBy, [.. view.Silos.Select(silo => new ClusterSiloResponse(silo.Name, silo.Address, silo.Status, silo.ProductVersion))]);
}

/// <param name="Name">Stable over restarts.</param>
/// <param name="Address">Address and port for other silos, then the generation of the process.</param>
/// <param name="Status">Joining, Active, ShuttingDown or Stopping.</param>
/// <param name="ProductVersion">What it runs; empty if it has not said so yet.</param>
internal sealed record ClusterSiloResponse(string Name, string Address, string Status, string ProductVersion);

/// <summary><c>/api/v1/cluster</c>: who is in it.</summary>
internal static class ClusterEndpoints
{
    internal static void MapCluster(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/api/v1/cluster").WithTags("Cluster")
            .MapGet("", DescribeCluster).WithName(nameof(DescribeCluster)).WithSummary("Describe the silos of the cluster, as one of them sees it")
            .Requires(AccessRights.RegistryRead).Answers<ClusterResponse>("The silos.");

    private static async Task<JsonAnswer<ClusterResponse>> DescribeCluster(IGrainFactory grains) =>
        HubJson.Ok(ClusterResponse.From(await grains.Cluster().DescribeAsync()), ApiJson.Default.ClusterResponse);
}
