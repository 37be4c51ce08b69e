using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
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
        return services.AddBlobCleaner(
            static provider => provider.GetRequiredService<IBlobStore>(),
            static provider => provider.GetRequiredService<IOptions<FilesOptions>>().Value.StagedLifetime);
    }

    /// <summary>Each store has a cleaner of its own.</summary>
    internal static IServiceCollection AddBlobCleaner(
        this IServiceCollection services, Func<IServiceProvider, IBlobStore> store, Func<IServiceProvider, TimeSpan> lifetime) =>
        services.AddSingleton<IHostedService>(provider => new BlobCleaner(
            store(provider), lifetime(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<BlobCleaner>>()));
}
