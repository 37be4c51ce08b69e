using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>Blobs as files in a folder that one process has to itself.</summary>
public sealed class FolderBlobStore : IBlobStore
{
    private const int Stripes = 64;
    private readonly BlobFolder folder;
    private readonly StagedBlocks staged;
    private readonly StagingRoom room;
    private readonly FilesOptions options;
    private readonly TimeProvider clock;

    // Writes to one blob take turns in their last step, the one that is seen.
    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Opens the store; what an earlier process left unfinished is thrown away, what it staged is still there.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public FolderBlobStore(string path, FilesOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        (this.options, this.clock) = (options, clock);
        Directory.CreateDirectory(path);
        folder = new BlobFolder(path);
        room = new StagingRoom(options.MaxStagedBytes);
        staged = new StagedBlocks(options.MaxBlobBytes, room);
        foreach (var (key, blockId, file) in folder.StagedBlocks())
        {
            staged.Restore(key, blockId, new StagedBlock(file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero)));
        }
    }

    public async Task PutBlockAsync(string name, ReadOnlyMemory<byte> blockId, Stream content, CancellationToken cancellationToken)
    {
        var (key, id) = (BlobFolder.Key(name), Convert.ToHexStringLower(blockId.Span));
        using var claim = room.Claim();
        await using var incoming = new IncomingFile(folder.Create());
        await incoming.CopyAsync(content, BlobLimits.MaxBlockBytes, claim, cancellationToken);
        if (incoming.Length == 0)
        {
            throw new BlobStoreException(BlobFault.EmptyBlock);
        }

        var now = clock.GetUtcNow();
        incoming.Finish();
        File.SetLastWriteTimeUtc(incoming.Path, now.UtcDateTime);
        await InTurnAsync(key, () =>
        {
            staged.Add(key, id, new StagedBlock(incoming.Length, now), claim);
            BlobFolder.Place(incoming.Path, folder.Block(key, id));
            return Task.FromResult(true);
        }, cancellationToken);
    }

    public async Task<BlobProperties> CommitAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> blockIds, string contentType, CancellationToken cancellationToken)
    {
        var key = BlobFolder.Key(name);
        string[] ids = [.. blockIds.Select(id => Convert.ToHexStringLower(id.Span))];
        return await InTurnAsync(key, async () =>
        {
            var list = BlobMarks.OfList(ids);
            if (!Array.TrueForAll(ids, id => staged.Contains(key, id)))
            {
                // The answer to the first commit may have been lost.
                return await FindAsync(name, list, cancellationToken) ?? throw new BlobStoreException(BlobFault.UnknownBlock);
            }

            await using var incoming = new IncomingFile(folder.Create());
            var header = BlobHeader.Make(name, contentType, list, clock.GetUtcNow());
            await incoming.BeginAsync(header, cancellationToken);
            await JoinAsync(incoming, key, ids, cancellationToken);
            incoming.Finish();
            return Place(key, header, incoming);
        }, cancellationToken);
    }

    public async Task<BlobProperties> PutAsync(string name, Stream content, string contentType, CancellationToken cancellationToken)
    {
        var key = BlobFolder.Key(name);
        using var claim = room.Claim();
        await using var incoming = new IncomingFile(folder.Create());
        var header = BlobHeader.Make(name, contentType, blocks: null, clock.GetUtcNow());
        await incoming.BeginAsync(header, cancellationToken);
        await incoming.CopyAsync(content, options.MaxBlobBytes, claim, cancellationToken);
        incoming.Finish();
        return await InTurnAsync(key, () => Task.FromResult(Place(key, header, incoming)), cancellationToken);
    }

    public async Task<BlobProperties?> DescribeAsync(string name, CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(name, cancellationToken);
        return reader?.Properties;
    }

    public async Task<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) =>
        await FileReader.OpenAsync(folder.Blob(BlobFolder.Key(name)), cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var key = BlobFolder.Key(name);
        return InTurnAsync(key, () => Task.FromResult(BlobFolder.Delete(folder.Blob(key))), cancellationToken);
    }

    public Task<bool> MoveAsync(string name, string newName, CancellationToken cancellationToken)
    {
        var (from, to) = (BlobFolder.Key(name), BlobFolder.Key(newName));
        return InTurnAsync(to, () => Task.FromResult(BlobFolder.Move(folder.Blob(from), folder.Blob(to))), cancellationToken);
    }

    public Task ForgetStagedAsync(string name, CancellationToken cancellationToken)
    {
        var key = BlobFolder.Key(name);
        return InTurnAsync(key, () => Task.FromResult(Forget(key)), cancellationToken);
    }

    public async Task CleanAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var key in staged.Stale(before))
        {
            // Not if a block has come meanwhile.
            await InTurnAsync(key, () => Task.FromResult(staged.IsStale(key, before) && Forget(key)), cancellationToken);
        }
    }

    private async Task<BlobProperties?> FindAsync(string name, string blocks, CancellationToken cancellationToken)
    {
        await using var reader = await FileReader.OpenAsync(folder.Blob(BlobFolder.Key(name)), cancellationToken);
        return reader?.Blocks == blocks ? reader.Properties : null;
    }

    private async Task JoinAsync(IncomingFile file, string key, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        foreach (var id in ids)
        {
            await using var block = new FileStream(folder.Block(key, id), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
            await file.CopyAsync(block, options.MaxBlobBytes, claim: null, cancellationToken);
        }
    }

    private BlobProperties Place(string key, BlobHeader header, IncomingFile incoming)
    {
        BlobFolder.Place(incoming.Path, folder.Blob(key));
        Forget(key);
        return header.Properties(incoming.Length);
    }

    private bool Forget(string key)
    {
        if (!staged.Remove(key))
        {
            return false;
        }

        Directory.Delete(folder.StagedFolder(key), recursive: true);
        return true;
    }

    private async Task<T> InTurnAsync<T>(string key, Func<Task<T>> step, CancellationToken cancellationToken)
    {
        var turn = turns[Convert.FromHexString(key.AsSpan(0, 2))[0] % Stripes];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await step();
        }
        finally
        {
            turn.Release();
        }
    }
}
