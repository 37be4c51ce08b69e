using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>Puts the hub's own blobs behind their port.</summary>
public static class BlobHosting
{
    /// <summary>In a folder that this process has to itself; opened when it is first asked for. Needs <c>FilesOptions</c>.</summary>
    public static IServiceCollection AddFolderBlobs(this IServiceCollection services, string folder) =>
        services.AddSingleton<IBlobStore>(provider => new FolderBlobStore(
            folder, provider.GetRequiredService<IOptions<FilesOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
}
