using System.Collections.Concurrent;
using System.Collections.Immutable;
using Azure;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Muster.Storage.Documents;

namespace Muster.Storage.Azure;

/// <summary>
/// Documents in a container of Azure Blob Storage, a blob each, changed on the condition of its ETag. Changes are sent once: the answer to a second
/// try would say that the document is not as expected where it was the first one that changed it.
/// </summary>
internal sealed class BlobDocuments : IDocumentStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly ConcurrentDictionary<DocumentKey, Task> changing = new();
    private readonly BlobContainerClient reads;
    private readonly BlobContainerClient changes;

    /// <param name="settings">Which account and container.</param>
    /// <param name="transport">Null: the SDK's own.</param>
    /// <exception cref="FormatException">Not a connection string of Azure Storage.</exception>
    public BlobDocuments(AzureDocumentSettings settings, HttpPipelineTransport? transport = null)
    {
        reads = Container(settings, transport, tries: 3);
        changes = Container(settings, transport, tries: 0);
    }

    /// <summary>Makes the container if it is missing.</summary>
    /// <exception cref="StoreUnavailableException">The account or the container cannot be used.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await reads.ExistsAsync(cancellationToken))
            {
                await reads.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            }
        }
        catch (Exception e) when (BlobFaults.IsFault(e))
        {
            throw new StoreUnavailableException($"The container '{reads.Name}' at {reads.Uri.Authority} cannot be used: {BlobFaults.Line(e)}", e);
        }
    }

    public async Task<StoredDocument?> ReadAsync(DocumentKey key)
    {
        if (changing.TryGetValue(key, out var change))
        {
            await change.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            var found = await reads.GetBlobClient(BlobNames.Of(key)).DownloadContentAsync();
            return new StoredDocument(found.Value.Content.ToMemory(), found.Value.Details.ETag.ToString("H"));
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
        catch (Exception e) when (BlobFaults.IsFault(e))
        {
            throw new StorageFaultException($"Azure Storage could not be read. {BlobFaults.Line(e)}", e);
        }
    }

    public async Task<string?> WriteAsync(DocumentKey key, ReadOnlyMemory<byte> payload, string? etag)
    {
        if (!TryCondition(etag, out var condition))
        {
            return null;
        }

        var options = new BlobUploadOptions { Conditions = condition };
        var written = await ChangeAsync(key, async () =>
            (await changes.GetBlobClient(BlobNames.Of(key)).UploadAsync(BinaryData.FromBytes(payload), options)).Value);
        return written?.ETag.ToString("H");
    }

    public async Task<bool> DeleteAsync(DocumentKey key, string? etag)
    {
        if (etag is null)
        {
            return await ReadAsync(key) is null;
        }

        return TryCondition(etag, out var condition)
            && await ChangeAsync(key, () => changes.GetBlobClient(BlobNames.Of(key)).DeleteAsync(conditions: condition)) is not null;
    }

    // Names are in another order than keys, so every page looks at all of them.
    public async Task<ImmutableArray<string>> ListAsync(string grainType, string name, string? after, int limit, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        try
        {
            await foreach (var blob in reads.GetBlobsAsync(BlobTraits.None, BlobStates.None, BlobNames.Folder(grainType, name), cancellationToken))
            {
                keys.Add(BlobNames.KeyIn(blob.Name));
            }
        }
        catch (Exception e) when (BlobFaults.IsFault(e))
        {
            throw new StorageFaultException($"Azure Storage could not be read. {BlobFaults.Line(e)}", e);
        }

        keys.Sort(StringComparer.Ordinal);
        return [.. keys.Where(key => after is null || string.CompareOrdinal(key, after) > 0).Take(limit)];
    }

    /// <summary>Null: the blob is not as expected.</summary>
    private async Task<T?> ChangeAsync<T>(DocumentKey key, Func<Task<T>> change)
        where T : class
    {
        var task = change();
        changing[key] = task;
        try
        {
            return await task;
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e))
        {
            return null;
        }
        catch (Exception e) when (BlobFaults.IsFault(e))
        {
            throw BlobFaults.OfChange(e);
        }
        finally
        {
            changing.TryRemove(new KeyValuePair<DocumentKey, Task>(key, task));
        }
    }

    // What has no quotes is no ETag of Azure's, and '*' would match any.
    private static bool TryCondition(string? etag, out BlobRequestConditions condition)
    {
        condition = etag is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = new ETag(etag) };
        return etag is null || (etag.Length > 2 && etag[0] == '"' && etag[^1] == '"');
    }

    private static BlobContainerClient Container(AzureDocumentSettings settings, HttpPipelineTransport? transport, int tries)
    {
        var options = new BlobClientOptions
        {
            Retry = { MaxRetries = tries, Delay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(1), NetworkTimeout = Patience },
        };
        options.Transport = transport ?? options.Transport;
        return new BlobServiceClient(settings.ConnectionString, options).GetBlobContainerClient(settings.Container);
    }
}
