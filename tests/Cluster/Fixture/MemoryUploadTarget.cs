using System.Collections.Concurrent;
using Muster.Files;

namespace Muster.Fixture;

/// <summary>A storage for uploads whose blobs are there when a test says so.</summary>
public sealed class MemoryUploadTarget : IUploadTarget
{
    private readonly ConcurrentDictionary<string, UploadedBlob> blobs = new(StringComparer.Ordinal);

    /// <summary>The blobs of uploads that have ended.</summary>
    public ConcurrentBag<string> Forgotten { get; } = [];

    public void Add(string blobName, UploadedBlob blob) => blobs[blobName] = blob;

    public Task<UploadLink> LinkAsync(string blobName, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        Task.FromResult(new UploadLink("localhost", "c", blobName, "?sig=x"));

    public Task<UploadedBlob?> DescribeAsync(string blobName, CancellationToken cancellationToken) => Task.FromResult(blobs.GetValueOrDefault(blobName));

    public Task ForgetStagedAsync(string blobName, CancellationToken cancellationToken)
    {
        Forgotten.Add(blobName);
        return Task.CompletedTask;
    }
}
