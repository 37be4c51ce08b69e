using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Muster.Files;
using BlobProperties = Muster.Files.BlobProperties;

namespace Muster.Storage.Azure;

/// <summary>Blobs in a container of Azure Blob Storage, which keeps uncommitted blocks for a week by itself. Block ids of one blob have one length (Azure's rule).</summary>
internal sealed class AzureBlobStore(string connectionString, string containerName, long maxBlobBytes) : IBlobStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly BlobContainerClient container = new BlobServiceClient(connectionString, new BlobClientOptions
    {
        Retry = { MaxRetries = 2, Delay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(1), NetworkTimeout = Patience },
    }).GetBlobContainerClient(containerName);

    private volatile bool isThere;

    public Task PutBlockAsync(string name, ReadOnlyMemory<byte> blockId, Stream content, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        if (content.Length == 0)
        {
            throw new BlobStoreException(BlobFault.EmptyBlock);
        }

        await MakeContainerAsync(cancellationToken);
        await Blocks(name).StageBlockAsync(Convert.ToBase64String(blockId.Span), content, cancellationToken: cancellationToken);
        return true;
    });

    public Task<BlobProperties> CommitAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> blockIds, string contentType, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        var ids = blockIds.Select(static id => Convert.ToBase64String(id.Span)).ToArray();
        try
        {
            await Blocks(name).CommitBlockListAsync(ids, new CommitBlockListOptions { HttpHeaders = Headers(contentType) }, cancellationToken);
        }
        catch (RequestFailedException unknown) when (unknown.ErrorCode == BlobErrorCode.InvalidBlockList || unknown.ErrorCode == BlobErrorCode.InvalidBlockId)
        {
            throw new BlobStoreException(BlobFault.UnknownBlock);
        }

        var blob = await FindAsync(name, cancellationToken) ?? throw new IOException("What was committed is not there.");
        return blob.Size <= maxBlobBytes ? blob : throw new BlobStoreException(BlobFault.TooLarge);
    });

    public Task<BlobProperties> PutAsync(string name, Stream content, string contentType, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await MakeContainerAsync(cancellationToken);
        await container.GetBlobClient(name).UploadAsync(content, new BlobUploadOptions { HttpHeaders = Headers(contentType) }, cancellationToken);
        return await FindAsync(name, cancellationToken) ?? throw new IOException("What was written is not there.");
    });

    public Task<BlobProperties?> DescribeAsync(string name, CancellationToken cancellationToken) => FaultsAsync(() => FindAsync(name, cancellationToken));

    public Task<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
        await FindAsync(name, cancellationToken) is { } blob ? new AzureBlobReader(container.GetBlobClient(name), blob) : (IBlobReader?)null);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        try
        {
            return (await container.GetBlobClient(name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken)).Value;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            return false;
        }
    });

    public Task<bool> MoveAsync(string name, string newName, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        var from = container.GetBlobClient(name);
        if (await FindAsync(name, cancellationToken) is null)
        {
            return false;
        }

        var copying = await container.GetBlobClient(newName).StartCopyFromUriAsync(from.Uri, cancellationToken: cancellationToken);
        await copying.WaitForCompletionAsync(cancellationToken);
        await from.DeleteIfExistsAsync(cancellationToken: cancellationToken);
        return true;
    });

    /// <summary>Nothing: the next commit leaves none, and Azure throws them away by itself.</summary>
    public Task ForgetStagedAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Nothing: Azure does.</summary>
    public Task CleanAsync(DateTimeOffset before, CancellationToken cancellationToken) => Task.CompletedTask;

    private BlockBlobClient Blocks(string name) => container.GetBlockBlobClient(name);

    private static BlobHttpHeaders Headers(string contentType) => new() { ContentType = contentType };

    private async Task<BlobProperties?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var found = (await container.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            return new BlobProperties(found.ContentLength, found.ETag.ToString(), found.LastModified, found.ContentType);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    private async Task MakeContainerAsync(CancellationToken cancellationToken)
    {
        if (!isThere)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            isThere = true;
        }
    }

    private static async Task<T> FaultsAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            throw new IOException($"Azure Blob Storage did not answer: {BlobFaults.Line(e)}", e);
        }
    }
}

/// <summary>A blob as it was when it was opened; if it is replaced, the next read says so.</summary>
internal sealed class AzureBlobReader(BlobClient blob, BlobProperties properties) : IBlobReader
{
    public BlobProperties Properties => properties;

    public async Task CopyToAsync(Stream destination, long offset, long length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return;
        }

        try
        {
            var options = new BlobDownloadOptions
            {
                Range = new HttpRange(offset, length),
                Conditions = new BlobRequestConditions { IfMatch = new ETag(properties.ETag) },
            };
            using var part = (await blob.DownloadStreamingAsync(options, cancellationToken)).Value;
            await part.Content.CopyToAsync(destination, cancellationToken);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException)
        {
            throw new IOException($"Azure Blob Storage did not answer: {BlobFaults.Line(e)}", e);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
