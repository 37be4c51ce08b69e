namespace Muster.Files;

/// <summary>Uploads into the hub's own blobs, by the hub's own port.</summary>
internal sealed class HubBlobTarget(IBlobStore store, BlobSas sas, HubAddress address) : IUploadTarget
{
    public Task<UploadLink> LinkAsync(string blobName, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        Task.FromResult(new UploadLink(address.Authority, BlobPath.Container, UploadLink.NameInLink(blobName), sas.Make(blobName, expiresAt)));

    public async Task<UploadedBlob?> DescribeAsync(string blobName, CancellationToken cancellationToken)
    {
        try
        {
            return await store.DescribeAsync(blobName, cancellationToken) is { } blob
                ? new UploadedBlob($"https://{address.Authority}/{BlobPath.Container}/{BlobPath.Escaped(blobName)}", blob.Size, blob.ModifiedAt)
                : null;
        }
        catch (Exception fault) when (fault is IOException or OrleansException)
        {
            throw Translate(fault);
        }
    }

    public async Task ForgetStagedAsync(string blobName, CancellationToken cancellationToken)
    {
        try
        {
            await store.ForgetStagedAsync(blobName, cancellationToken);
        }
        catch (Exception fault) when (fault is IOException or OrleansException)
        {
            throw Translate(fault);
        }
    }

    private static UploadTargetException Translate(Exception fault) => new($"The blob store did not answer: {fault.Message}");
}
