using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Files;
using Muster.Releases;
using Muster.Storage.Postgres;

namespace Muster.Storage.Files;

/// <summary>Puts the hub's own blobs behind their port.</summary>
public static class BlobHosting
{
    /// <summary>In a folder that this process has to itself; opened when it is first asked for. Needs <c>FilesOptions</c>.</summary>
    public static IServiceCollection AddFolderBlobs(this IServiceCollection services, string folder) =>
        services.AddSingleton<IBlobStore>(provider => new FolderBlobStore(
            folder, provider.GetRequiredService<IOptions<FilesOptions>>().Value, provider.GetRequiredService<TimeProvider>()));

    /// <summary>In the database that the silos share. Needs <c>FilesOptions</c>, and <c>AddPostgresStorage</c> to have opened the database.</summary>
    public static IServiceCollection AddPostgresBlobs(this IServiceCollection services) =>
        services.AddSingleton<IBlobStore>(provider => new PostgresBlobStore(
            () => provider.GetRequiredService<PostgresLifecycle>().Store,
            provider.GetRequiredService<IOptions<FilesOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));

    /// <summary>Artifacts in a folder that this process has to itself, unless another place was chosen. Needs <see cref="ReleaseOptions"/>.</summary>
    public static IServiceCollection AddFolderArtifacts(this IServiceCollection services, string folder)
    {
        services.TryAddSingleton(provider => new ArtifactStore(new FolderBlobStore(
            folder, Limits(provider.GetRequiredService<IOptions<ReleaseOptions>>().Value), provider.GetRequiredService<TimeProvider>())));
        return services;
    }

    /// <summary>Artifacts in the database that the silos share, unless another place was chosen. Needs <see cref="ReleaseOptions"/>, and <c>AddPostgresStorage</c> to have opened the database.</summary>
    public static IServiceCollection AddPostgresArtifacts(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new ArtifactStore(new PostgresBlobStore(
            () => provider.GetRequiredService<PostgresLifecycle>().Store,
            Limits(provider.GetRequiredService<IOptions<ReleaseOptions>>().Value),
            provider.GetRequiredService<TimeProvider>())));
        return services;
    }

    private static FilesOptions Limits(ReleaseOptions releases) => new() { MaxBlobBytes = releases.MaxArtifactBytes, MaxStagedBytes = releases.MaxStagedBytes };
}
