namespace Muster.Files;

/// <summary>Where a device sends a file: <c>https://{HostName}/{ContainerName}/{BlobName}{SasToken}</c>, put together by the SDKs as it stands.</summary>
/// <param name="HostName">With a port where it is not 443.</param>
/// <param name="ContainerName">May hold slashes.</param>
/// <param name="BlobName">As it stands in a URL.</param>
/// <param name="SasToken">Begins with a question mark.</param>
public sealed record UploadLink(string HostName, string ContainerName, string BlobName, string SasToken)
{
    /// <summary>
    /// A blob's name as SDKs may put it into a URL as it stands: they encode what needs it but take a percent sign for an encoding. Only the device's id can
    /// hold one, or what would end the path.
    /// </summary>
    public static string NameInLink(string blobName)
    {
        ArgumentNullException.ThrowIfNull(blobName);
        return blobName
            .Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);
    }
}

/// <summary>A blob that was uploaded.</summary>
/// <param name="Uri">Without credentials.</param>
/// <param name="Size">In bytes.</param>
/// <param name="ModifiedAt">UTC, the store's clock.</param>
public sealed record UploadedBlob(string Uri, long Size, DateTimeOffset ModifiedAt);

/// <summary>The storage that devices upload to: the hub's own, or Azure's. Thread-safe.</summary>
public interface IUploadTarget
{
    /// <summary>A link by which one blob can be written and read until <paramref name="expiresAt"/>.</summary>
    /// <exception cref="UploadTargetException">The storage did not answer.</exception>
    Task<UploadLink> LinkAsync(string blobName, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Null if there is no such blob.</summary>
    /// <exception cref="UploadTargetException">The storage did not answer.</exception>
    Task<UploadedBlob?> DescribeAsync(string blobName, CancellationToken cancellationToken);

    /// <summary>The upload has ended: what was uploaded for the blob and is no part of it may go. By default the storage forgets it by itself.</summary>
    /// <exception cref="UploadTargetException">The storage did not answer.</exception>
    Task ForgetStagedAsync(string blobName, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The storage for uploads did not answer; asking again later may bring something else. Made of text alone, so that it can be sent.</summary>
[GenerateSerializer, Immutable, Alias("muster.UploadTargetException")]
public sealed class UploadTargetException(string message) : OrleansException(message);
