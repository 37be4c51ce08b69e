using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Releases;

namespace Muster.Storage.Azure;

/// <summary>Registers Azure Blob Storage as the place where artifacts are kept.</summary>
public static class AzureArtifactsHosting
{
    /// <summary>Needs <see cref="ReleaseOptions"/> with a connection string that has the account's key.</summary>
    public static IServiceCollection AddAzureArtifacts(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<ReleaseOptions>, ArtifactConnectionCheck>();
        return services.AddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<ReleaseOptions>>().Value;
            return new ArtifactStore(new AzureBlobStore(options.AzureConnectionString!, options.AzureContainer, options.MaxArtifactBytes));
        });
    }
}

/// <summary>Finds out before the start whether a connection string can be one. Its text is never shown: it holds a key.</summary>
internal sealed class ArtifactConnectionCheck : IValidateOptions<ReleaseOptions>
{
    public ValidateOptionsResult Validate(string? name, ReleaseOptions options) =>
        options.AzureConnectionString is { } text && AzureDocumentSettings.IsConnectionString(text) && new BlobServiceClient(text).CanGenerateAccountSasUri
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Releases:AzureConnectionString is not the connection string of a storage account, with its key");
}
