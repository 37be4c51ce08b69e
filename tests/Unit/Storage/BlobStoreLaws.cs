using System.Text;
using Microsoft.Extensions.Time.Testing;
using Muster.Files;
using Xunit;

namespace Muster.Storage;

/// <summary>What every store of blobs keeps.</summary>
public abstract class BlobStoreLaws : IAsyncLifetime
{
    protected const string Name = "d1/../x y.txt";
    protected static readonly FilesOptions Options = new() { MaxBlobBytes = 1024 * 1024, MaxStagedBytes = 3 * 1024 * 1024 };

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));

    protected abstract IBlobStore Store { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Ends the process, so to speak, and starts the next over the same data.</summary>
    protected abstract Task RestartAsync();

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task Blocks_become_the_blob_in_the_lists_order_whatever_order_they_came_in()
    {
        var bytes = Random(700_000);
        await PutBlockAsync(Name, "c", bytes[600_000..]);
        await PutBlockAsync(Name, "a", bytes[..300_000]);
        await PutBlockAsync(Name, "b", bytes[300_000..600_000]);
        Assert.Null(await Store.DescribeAsync(Name, Cancel));

        var committed = await CommitAsync(Name, "a", "b", "c");
        Assert.Equal((bytes.Length, "text/plain"), (committed.Size, committed.ContentType));
        await RestartAsync();
        Assert.Equal(bytes, await ReadAsync(Name));
        Assert.Equal(committed, await Store.DescribeAsync(Name, Cancel));
    }

    [Fact]
    public async Task Any_part_of_a_blob_can_be_read()
    {
        var bytes = Random(600_000);
        await PutBlockAsync(Name, "a", bytes[..270_000]);
        await PutBlockAsync(Name, "b", bytes[270_000..]);
        await CommitAsync(Name, "a", "b");

        foreach (var (offset, length) in ((int, int)[])[(0, 0), (0, 1), (262_143, 2), (269_999, 2), (270_000, 330_000), (599_999, 1), (0, 600_000)])
        {
            Assert.Equal(bytes[offset..(offset + length)], await ReadAsync(Name, offset, length));
        }
    }

    [Fact]
    public async Task A_blob_that_is_written_again_has_other_bytes_and_another_etag_and_its_readers_end_what_they_began()
    {
        var (first, second) = (Random(300_000), Random(10));
        var before = await PutAsync(Name, first);
        await using var reader = (await Store.OpenAsync(Name, Cancel))!;
        var after = await PutAsync(Name, second);

        Assert.NotEqual(before.ETag, after.ETag);
        Assert.Equal(second, await ReadAsync(Name));
        var copy = new MemoryStream();
        await reader.CopyToAsync(copy, 0, first.Length, Cancel);
        Assert.Equal(first, copy.ToArray());
    }

    [Fact]
    public async Task A_blob_that_moves_takes_the_place_of_another_whose_readers_end_what_they_began()
    {
        var (moved, replaced) = (Random(300_000), Random(10_000));
        await PutBlockAsync("d2/from", "a", moved);
        await CommitAsync("d2/from", "a");
        await PutAsync(Name, replaced);
        await using var reader = (await Store.OpenAsync(Name, Cancel))!;

        Assert.True(await Store.MoveAsync("d2/from", Name, Cancel));
        Assert.False(await Store.MoveAsync("d2/from", Name, Cancel));
        var copy = new MemoryStream();
        await reader.CopyToAsync(copy, 0, replaced.Length, Cancel);
        Assert.Equal(replaced, copy.ToArray());
        await RestartAsync();
        Assert.Equal(moved, await ReadAsync(Name));
        Assert.Null(await Store.DescribeAsync("d2/from", Cancel));
        await Store.DeleteAsync(Name, Cancel);
        Clock.Advance(TimeSpan.FromHours(2));
        await Store.CleanAsync(Clock.GetUtcNow(), Cancel);
        Assert.Null(await Store.DescribeAsync(Name, Cancel));
    }

    [Fact]
    public async Task A_list_with_a_block_that_was_not_uploaded_changes_nothing()
    {
        var bytes = Random(10);
        await PutAsync(Name, bytes);
        await PutBlockAsync(Name, "a", Random(5));

        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync(Name, "a", "b"));
        Assert.Equal(bytes, await ReadAsync(Name));
        Assert.Equal(5, (await CommitAsync(Name, "a")).Size);
    }

    [Fact]
    public async Task A_commit_that_is_said_again_is_answered_again()
    {
        await PutBlockAsync(Name, "a", Random(5));
        var first = await CommitAsync(Name, "a");

        Assert.Equal(first, await CommitAsync(Name, "a"));
        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync(Name, "a", "a"));
    }

    [Fact]
    public async Task A_block_that_came_again_counts_once_and_as_it_came_last()
    {
        await PutBlockAsync(Name, "a", Random(900_000));
        var last = Random(1000);
        await PutBlockAsync(Name, "a", last);
        await PutBlockAsync(Name, "b", Random(900_000));
        await CommitAsync(Name, "a");

        Assert.Equal(last, await ReadAsync(Name));
    }

    [Fact]
    public async Task One_blobs_blocks_are_not_anothers()
    {
        await PutBlockAsync(Name, "a", Random(5));
        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync("d2/x", "a"));
    }

    [Fact]
    public async Task Uncommitted_blocks_survive_the_process_and_go_when_they_are_old()
    {
        await PutBlockAsync(Name, "a", Random(5));
        await RestartAsync();
        await Store.CleanAsync(Clock.GetUtcNow(), Cancel);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await PutBlockAsync("d1/other", "a", Random(5));
        await Store.CleanAsync(Clock.GetUtcNow(), Cancel);

        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync(Name, "a"));
        Assert.Equal(5, (await CommitAsync("d1/other", "a")).Size);
    }

    [Fact]
    public async Task No_blob_is_larger_than_it_may_be_whole_or_in_blocks()
    {
        await RefusedAsync(BlobFault.TooLarge, () => PutAsync(Name, new byte[Options.MaxBlobBytes + 1]));
        Assert.Equal(Options.MaxBlobBytes, (await PutAsync(Name, new byte[Options.MaxBlobBytes])).Size);

        await PutBlockAsync(Name, "a", new byte[600_000]);
        await RefusedAsync(BlobFault.TooLarge, () => PutBlockAsync(Name, "b", new byte[600_000]));
        await RefusedAsync(BlobFault.TooLarge, () => CommitAsync(Name, "a", "a"));
        Assert.Equal(600_000, (await CommitAsync(Name, "a")).Size);
    }

    [Fact]
    public async Task All_uncommitted_blocks_together_are_bounded_and_a_commit_makes_room()
    {
        for (var i = 0; i < 3; i++)
        {
            await PutBlockAsync($"d{i}/x", "a", new byte[1024 * 1024]);
        }

        await RefusedAsync(BlobFault.StoreFull, () => PutBlockAsync("d4/x", "a", [1]));
        await CommitAsync("d0/x", "a");
        await PutBlockAsync("d4/x", "a", [1]);
    }

    [Fact]
    public async Task A_block_has_bytes_and_counts_for_four_kibibytes_at_least()
    {
        await RefusedAsync(BlobFault.EmptyBlock, () => PutBlockAsync(Name, "a", []));
        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync(Name, "a"));
        await PutBlockAsync("d0/x", "a", new byte[1024 * 1024]);
        await PutBlockAsync("d1/x", "a", new byte[1024 * 1024]);
        await PutBlockAsync("d2/x", "a", new byte[(1024 * 1024) - 4096]);

        await PutBlockAsync("d3/x", "a", [1]);
        await RefusedAsync(BlobFault.StoreFull, () => PutBlockAsync("d4/x", "a", [1]));
    }

    [Fact]
    public async Task Blobs_that_were_written_again_or_deleted_take_no_room_from_blocks()
    {
        for (var i = 0; i < 5; i++)
        {
            await PutAsync(Name, new byte[1024 * 1024]);
        }

        await Store.DeleteAsync(Name, Cancel);
        await PutBlockAsync("d1/x", "a", new byte[1024 * 1024]);
        await RestartAsync();
        await PutBlockAsync("d2/x", "a", new byte[1024 * 1024]);
    }

    [Fact]
    public async Task What_is_being_written_counts_before_it_is_whole()
    {
        SlowStream[] slow = [new(), new(), new()];
        Task[] writing =
        [
            Store.PutAsync("d0/x", slow[0], "text/plain", Cancel), Store.PutBlockAsync("d1/x", "a"u8.ToArray(), slow[1], Cancel),
            Store.PutBlockAsync("d2/x", "a"u8.ToArray(), slow[2], Cancel),
        ];
        await Task.WhenAll(slow.Select(stream => stream.IsRead.Task.WaitAsync(Cancel)));

        await RefusedAsync(BlobFault.StoreFull, () => PutBlockAsync("d3/x", "a", [1]));
        await RefusedAsync(BlobFault.StoreFull, () => PutAsync("d3/x", [1]));
        foreach (var stream in slow)
        {
            stream.End.SetResult();
        }

        await Task.WhenAll(writing);
        await PutBlockAsync("d3/x", "a", new byte[1024 * 1024]);
    }

    [Fact]
    public async Task Blocks_of_an_upload_that_ended_are_forgotten_at_once()
    {
        for (var i = 0; i < 3; i++)
        {
            await PutBlockAsync($"d{i}/x", "a", new byte[1024 * 1024]);
        }

        await Store.ForgetStagedAsync("d1/x", Cancel);
        await Store.ForgetStagedAsync("d9/x", Cancel);
        await PutBlockAsync("d4/x", "a", new byte[1024 * 1024]);
        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync("d1/x", "a"));
        Assert.Equal(1024 * 1024, (await CommitAsync("d2/x", "a")).Size);
    }

    [Fact]
    public async Task A_write_that_breaks_off_leaves_nothing()
    {
        var broken = new BrokenStream(300_000);
        await Assert.ThrowsAsync<EndOfStreamException>(() => Store.PutAsync(Name, broken, "text/plain", Cancel));
        await Assert.ThrowsAsync<EndOfStreamException>(() => Store.PutBlockAsync(Name, "a"u8.ToArray(), new BrokenStream(300_000), Cancel));

        Assert.Null(await Store.OpenAsync(Name, Cancel));
        await RefusedAsync(BlobFault.UnknownBlock, () => CommitAsync(Name, "a"));
    }

    [Fact]
    public async Task A_deleted_blob_is_gone_and_deleting_says_whether_it_was_there()
    {
        await PutAsync(Name, Random(5));
        Assert.True(await Store.DeleteAsync(Name, Cancel));
        Assert.False(await Store.DeleteAsync(Name, Cancel));
        Assert.Null(await Store.DescribeAsync(Name, Cancel));
    }

    [Fact]
    public async Task Empty_blobs_and_names_like_paths_are_as_good_as_any()
    {
        foreach (var name in (string[])["/etc/passwd", "../../x", "a/../../b", ".", new string('ü', 1024)])
        {
            await PutAsync(name, []);
            Assert.Empty(await ReadAsync(name));
        }

        Assert.Equal(0, (await CommitAsync(Name)).Size);
    }

    protected Task<BlobProperties> PutAsync(string name, byte[] bytes) => Store.PutAsync(name, new MemoryStream(bytes), "text/plain", Cancel);

    protected static byte[] Random(int length)
    {
        var bytes = new byte[length];
        System.Random.Shared.NextBytes(bytes);
        return bytes;
    }

    protected static async Task RefusedAsync(BlobFault fault, Func<Task> step) =>
        Assert.Equal(fault, (await Assert.ThrowsAsync<BlobStoreException>(step)).Fault);

    protected Task PutBlockAsync(string name, string id, byte[] bytes) =>
        Store.PutBlockAsync(name, Encoding.UTF8.GetBytes(id), new MemoryStream(bytes), Cancel);

    protected Task<BlobProperties> CommitAsync(string name, params string[] ids) =>
        Store.CommitAsync(name, [.. ids.Select(id => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(id))], "text/plain", Cancel);

    protected async Task<byte[]> ReadAsync(string name, long offset = 0, long? length = null)
    {
        await using var reader = (await Store.OpenAsync(name, Cancel))!;
        var copy = new MemoryStream();
        await reader.CopyToAsync(copy, offset, length ?? reader.Properties.Size, Cancel);
        return copy.ToArray();
    }

    /// <summary>A mebibyte, whose end comes when the test says so.</summary>
    private sealed class SlowStream() : MemoryStream(new byte[1024 * 1024])
    {
        internal TaskCompletionSource IsRead { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                IsRead.TrySetResult();
                await End.Task.WaitAsync(cancellationToken);
            }

            return read;
        }
    }

    /// <summary>Zeros, then a fault.</summary>
    private sealed class BrokenStream(int length) : MemoryStream(new byte[length])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new EndOfStreamException("The client is gone.");
    }
}
