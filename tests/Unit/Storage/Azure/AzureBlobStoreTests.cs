using System.Security.Cryptography;
using Muster.Files;
using Muster.Storage.Azure;
using Xunit;

namespace Muster.Storage;

/// <summary>Artifacts' blobs in Azure's emulator.</summary>
public sealed class AzureBlobStoreTests(AzuriteFixture azurite)
{
    private const string From = "/artifacts/uploads/1";
    private const string To = "/artifacts/ab";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blocks_become_a_blob_that_is_moved_read_in_parts_and_deleted()
    {
        var settings = await azurite.CreateSettingsAsync();
        var store = new AzureBlobStore(settings.ConnectionString, settings.Container, maxBlobBytes: 1024 * 1024);
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var (a, b) = (Guid.NewGuid().ToByteArray(), Guid.NewGuid().ToByteArray());
        Assert.Null(await store.DescribeAsync(To, Cancel));
        Assert.False(await store.MoveAsync(From, To, Cancel));
        await PutBlockAsync(store, b, bytes[200_000..]);
        await PutBlockAsync(store, a, bytes[..200_000]);

        Assert.Equal(300_000, (await store.CommitAsync(From, [a, b], "text/plain", Cancel)).Size);
        await store.PutAsync(To, new MemoryStream([1, 2, 3]), "text/plain", Cancel);
        Assert.True(await store.MoveAsync(From, To, Cancel));
        Assert.Null(await store.OpenAsync(From, Cancel));
        await using var reader = (await store.OpenAsync(To, Cancel))!;
        var copy = new MemoryStream();
        await reader.CopyToAsync(copy, 199_999, 2, Cancel);
        Assert.Equal(bytes[199_999..200_001], copy.ToArray());
        Assert.True(await store.DeleteAsync(To, Cancel));
        Assert.False(await store.DeleteAsync(To, Cancel));
    }

    [Fact]
    public async Task What_was_not_uploaded_cannot_be_committed_and_what_is_too_large_is_refused()
    {
        var settings = await azurite.CreateSettingsAsync();
        var store = new AzureBlobStore(settings.ConnectionString, settings.Container, maxBlobBytes: 10);
        var block = Guid.NewGuid().ToByteArray();
        await PutBlockAsync(store, block, new byte[11]);

        Assert.Equal(BlobFault.UnknownBlock, (await Assert.ThrowsAsync<BlobStoreException>(
            () => store.CommitAsync(From, [Guid.NewGuid().ToByteArray()], "text/plain", Cancel))).Fault);
        Assert.Equal(BlobFault.TooLarge, (await Assert.ThrowsAsync<BlobStoreException>(() => store.CommitAsync(From, [block], "text/plain", Cancel))).Fault);
    }

    private static Task PutBlockAsync(AzureBlobStore store, byte[] id, byte[] bytes) => store.PutBlockAsync(From, id, new MemoryStream(bytes), Cancel);
}
