using System.Collections.Concurrent;
using Muster.Files;

namespace Muster.Fixture;

/// <summary>A storage for uploads whose blobs are there when a test says so.</summary>
public sealed class MemoryUploadTarget : IUploadTarget
{
    private readonly ConcurrentDictionary<string, UploadedBlob> blobs = new(StringComparer.Ordinal);

    public void Add(string blobName, UploadedBlob blob) => blobs[blobName] = blob;

    public Task<UploadLink> LinkAsync(string blobName, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        Task.FromResult(new UploadLink("localhost", "c", blobName, "?sig=x"));

    public Task<UploadedBlob?> DescribeAsync(string blobName, CancellationToken cancellationToken) => Task.FromResult(blobs.GetValueOrDefault(blobName));
}
