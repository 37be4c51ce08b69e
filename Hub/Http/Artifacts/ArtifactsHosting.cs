using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Files;
using Muster.Updates;

namespace Muster.Releases;

/// <summary>Adds artifacts to a silo: their links, and the routes by which they come and go.</summary>
public static class ArtifactsHosting
{
    /// <summary>
    /// Links, which grains of any silo make. Needs <c>IKeyDerivation</c>, a <see cref="HubAddress"/> and an <see cref="ArtifactStore"/>, whose uncommitted blocks are
    /// thrown away here.
    /// </summary>
    public static IServiceCollection AddArtifacts(this IServiceCollection services)
    {
        services.AddSingleton<ArtifactLinks>();
        services.AddSingleton<IArtifactLinks>(static provider => provider.GetRequiredService<ArtifactLinks>());
        services.AddSingleton<IAgentLinks, AgentArtifactLinks>();
        services.AddSingleton<UploadSessions>();
        services.AddSingleton<UploadReceiver>();
        services.AddSingleton<UploadIntake>();
        services.AddSingleton<ArtifactUploads>();
        services.AddSingleton<BlockCache>();
        services.AddSingleton<ArtifactCatalog>();
        services.AddSingleton<DeviceRates>();
        services.AddSingleton<ArtifactDownload>();
        services.AddSingleton<ArtifactDownloads>();
        return services.AddBlobCleaner(static provider => provider.GetRequiredService<ArtifactStore>().Blobs, Lifetime);
    }

    /// <summary>Maps uploads and downloads of artifacts. Nothing where <see cref="AddArtifacts"/> was not called.</summary>
    public static void MapArtifacts(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (routes.ServiceProvider.GetService<ArtifactLinks>() is null)
        {
            return;
        }

        var artifacts = routes.MapGroup("/artifacts").ExcludeFromDescription().AddEndpointFilter<RouteGroupBuilder, ArtifactFaults>();
        artifacts.MapArtifactUploads();
        artifacts.MapArtifactDownloads();
    }

    // In a database, devices' uploads and these are cleaned together.
    private static TimeSpan Lifetime(IServiceProvider provider)
    {
        var (releases, files) = (provider.GetRequiredService<IOptions<ReleaseOptions>>().Value, provider.GetRequiredService<IOptions<FilesOptions>>().Value);
        return releases.UploadLifetime > files.StagedLifetime ? releases.UploadLifetime : files.StagedLifetime;
    }
}
