using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Muster.Files;

/// <summary>Adds file uploads to a silo.</summary>
public static class FilesHosting
{
    /// <summary>The options of uploads, wherever they go.</summary>
    public static IServiceCollection AddFilesOptions(this IServiceCollection services)
    {
        services.AddOptions<FilesOptions>().BindConfiguration(FilesOptions.Section).ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<FilesOptions>, FilesOptionsValidator>();
        return services;
    }

    /// <summary>Uploads into the hub's own blobs. Needs <c>IBlobStore</c>, <c>IKeyDerivation</c> and a <see cref="HubAddress"/>.</summary>
    public static IServiceCollection AddHubBlobs(this IServiceCollection services)
    {
        services.AddSingleton<BlobSas>();
        services.AddSingleton<IUploadTarget, HubBlobTarget>();
        return services.AddHostedService<BlobCleaner>();
    }
}
