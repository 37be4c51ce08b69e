using Azure;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.Files;

namespace Muster.Storage.Azure;

/// <summary>Uploads straight into Azure Blob Storage: devices get a link of Azure's own (a service SAS for one blob), and no byte passes the hub.</summary>
internal sealed class AzureUploads : IUploadTarget
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly BlobContainerClient container;
    private volatile bool isThere;

    public AzureUploads(IOptions<FilesOptions> options)
        : this(options.Value, transport: null)
    {
    }

    /// <param name="options">With a connection string that has the account's key.</param>
    /// <param name="transport">Null: the SDK's own.</param>
    internal AzureUploads(FilesOptions options, HttpPipelineTransport? transport)
    {
        var client = new BlobClientOptions
        {
            Retry = { MaxRetries = 2, Delay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(1), NetworkTimeout = Patience },
        };
        client.Transport = transport ?? client.Transport;
        container = new BlobServiceClient(options.AzureConnectionString, client).GetBlobContainerClient(options.AzureContainer);
    }

    public async Task<UploadLink> LinkAsync(string blobName, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        await MakeContainerAsync(cancellationToken);
        var sas = container.GetBlobClient(blobName).GenerateSasUri(BlobSasPermissions.Read | BlobSasPermissions.Create | BlobSasPermissions.Write, expiresAt);

        // Where the account is a segment of the path, as in Azurite, it is part of what the SDKs take for the container.
        return new UploadLink(sas.Authority, container.Uri.AbsolutePath.Trim('/'), UploadLink.NameInLink(blobName), sas.Query);
    }

    public async Task<UploadedBlob?> DescribeAsync(string blobName, CancellationToken cancellationToken)
    {
        var blob = container.GetBlobClient(blobName);
        try
        {
            var found = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
            return new UploadedBlob(blob.Uri.GetLeftPart(UriPartial.Path), found.Value.ContentLength, found.Value.LastModified);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (Exception e) when (BlobFaults.IsFault(e) && !cancellationToken.IsCancellationRequested)
        {
            throw Translate(e);
        }
    }

    private async Task MakeContainerAsync(CancellationToken cancellationToken)
    {
        if (isThere)
        {
            return;
        }

        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            isThere = true;
        }
        catch (Exception e) when (BlobFaults.IsFault(e) && !cancellationToken.IsCancellationRequested)
        {
            throw Translate(e);
        }
    }

    private static UploadTargetException Translate(Exception e) => new($"Azure Blob Storage did not answer: {BlobFaults.Line(e)}");
}

/// <summary>Registers Azure Blob Storage as the place that devices upload to.</summary>
public static class AzureUploadsHosting
{
    /// <summary>Needs <see cref="FilesOptions"/> with a connection string that has the account's key.</summary>
    public static IServiceCollection AddAzureUploads(this IServiceCollection services) => services
        .AddSingleton<IValidateOptions<FilesOptions>, AzureConnectionCheck>()
        .AddSingleton<IUploadTarget, AzureUploads>();
}

/// <summary>Finds out before the start whether a connection string can sign links. Its text is never shown: it holds a key.</summary>
internal sealed class AzureConnectionCheck : IValidateOptions<FilesOptions>
{
    public ValidateOptionsResult Validate(string? name, FilesOptions options)
    {
        if (options.AzureConnectionString is not { } text || !AzureDocumentSettings.IsConnectionString(text))
        {
            return ValidateOptionsResult.Fail("Files:AzureConnectionString is not the connection string of a storage account");
        }

        return new BlobServiceClient(text).CanGenerateAccountSasUri
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Files:AzureConnectionString lacks the account's key, by which links are signed");
    }
}
