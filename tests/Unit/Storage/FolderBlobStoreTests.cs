using Muster.Files;
using Muster.Storage.Files;
using Xunit;

namespace Muster.Storage;

public sealed class FolderBlobStoreTests : BlobStoreLaws
{
    private readonly TemporaryFolder folder = new();
    private FolderBlobStore store;

    public FolderBlobStoreTests() => store = new FolderBlobStore(folder.Path, Options, Clock);

    protected override IBlobStore Store => store;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Nothing_is_written_outside_of_the_folder_and_nothing_unfinished_stays()
    {
        await PutAsync("../../escaped", [1]);
        await Assert.ThrowsAsync<BlobStoreException>(() => PutAsync(Name, new byte[Options.MaxBlobBytes + 1]));

        Assert.Equal(["blobs", "incoming", "staged"], Directory.EnumerateDirectories(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    protected override Task RestartAsync()
    {
        store = new FolderBlobStore(folder.Path, Options, Clock);
        return Task.CompletedTask;
    }
}
