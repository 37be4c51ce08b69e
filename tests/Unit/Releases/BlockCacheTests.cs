using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Muster.Files;
using Xunit;

namespace Muster.Releases;

public sealed class BlockCacheTests
{
    private const int Block = ArtifactBlocks.Bytes;
    private static readonly byte[] Content = Bytes(3 * Block + 10);

    [Fact]
    public async Task A_block_is_read_and_verified_once_for_all_who_ask_for_it_at_the_same_time()
    {
        var (cache, reader) = (Cache(blocks: 2), new Reader(Content) { Gate = new TaskCompletionSource() });
        await using var artifact = Open(reader);
        var leases = Enumerable.Range(0, 5).Select(_ => cache.LeaseAsync(artifact, 1).AsTask()).ToArray();
        reader.Gate.SetResult();

        foreach (var lease in leases)
        {
            using var block = await lease;
            Assert.Equal(Content.AsSpan(Block, Block), block.Bytes.Span);
        }

        Assert.Equal(1, reader.Reads);
    }

    [Fact]
    public async Task The_least_recently_used_goes_first_and_what_is_lent_out_stays_as_it_is()
    {
        var (cache, reader) = (Cache(blocks: 2), new Reader(Content));
        await using var artifact = Open(reader);
        using var held = await cache.LeaseAsync(artifact, 0);
        (await cache.LeaseAsync(artifact, 1)).Dispose();
        (await cache.LeaseAsync(artifact, 0)).Dispose();
        (await cache.LeaseAsync(artifact, 2)).Dispose();
        Assert.Equal(3, reader.Reads);

        (await cache.LeaseAsync(artifact, 0)).Dispose();
        Assert.Equal(3, reader.Reads);
        (await cache.LeaseAsync(artifact, 1)).Dispose();
        Assert.Equal(4, reader.Reads);
        Assert.Equal(Content.AsSpan(0, Block), held.Bytes.Span);
    }

    [Fact]
    public async Task Without_room_every_block_is_read_for_whoever_asks_and_the_last_one_may_be_short()
    {
        var (cache, reader) = (Cache(blocks: 0), new Reader(Content));
        await using var artifact = Open(reader);
        for (var i = 1; i <= 2; i++)
        {
            using var block = await cache.LeaseAsync(artifact, 3);
            Assert.Equal(Content.AsSpan(3 * Block), block.Bytes.Span);
            Assert.Equal(i, reader.Reads);
        }
    }

    [Fact]
    public async Task A_damaged_block_reaches_nobody_and_is_read_again_for_the_next()
    {
        var (cache, reader) = (Cache(blocks: 2), new Reader([.. Content]));
        await using var artifact = Open(reader);
        reader.Bytes[Block + 5] ^= 1;

        await Assert.ThrowsAsync<ArtifactDamagedException>(async () => await cache.LeaseAsync(artifact, 1));
        (await cache.LeaseAsync(artifact, 0)).Dispose();
        reader.Bytes[Block + 5] ^= 1;
        using var block = await cache.LeaseAsync(artifact, 1);
        Assert.Equal(Content.AsSpan(Block, Block), block.Bytes.Span);
    }

    [Fact]
    public void Hashes_are_those_of_the_whole_and_of_each_block_however_the_bytes_come()
    {
        using var hasher = new ArtifactHasher();
        foreach (var piece in Content.Chunk(Block / 3 + 1))
        {
            hasher.Append(piece);
        }

        var hashes = hasher.Finish();
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Content)), hashes.Sha256);
#pragma warning disable CA5350, CA5351 // Agents ask for these beside SHA-256.
        Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(Content)), hashes.Sha1);
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(Content)), hashes.Md5);
#pragma warning restore CA5350, CA5351
        Assert.Equal(ListOf(Content), hashes.Blocks);
        Assert.Equal(4, ArtifactBlocks.Count(Content.Length));
    }

    private static BlockCache Cache(int blocks) => new(Options.Create(new ReleaseOptions { BlockCacheBytes = blocks * Block }));

    private static OpenArtifact Open(Reader reader) => new("sha", reader, ListOf(Content));

    private static byte[] ListOf(byte[] content) => [.. content.Chunk(Block).SelectMany(SHA256.HashData)];

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i * 31 + i / Block);
        }

        return bytes;
    }

    private sealed class Reader(byte[] bytes) : IBlobReader
    {
        public byte[] Bytes => bytes;

        public TaskCompletionSource? Gate { get; init; }

        public int Reads { get; private set; }

        public BlobProperties Properties => new(bytes.Length, "e", DateTimeOffset.UnixEpoch, "");

        public async Task CopyToAsync(Stream destination, long offset, long length, CancellationToken cancellationToken)
        {
            Reads++;
            await (Gate?.Task ?? Task.CompletedTask);
            await destination.WriteAsync(bytes.AsMemory((int)offset, (int)length), cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
