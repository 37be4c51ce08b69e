using Microsoft.Extensions.Time.Testing;
using Muster.Storage.Sqlite;
using SQLitePCL;
using Xunit;

namespace Muster.Storage;

public sealed class SqliteStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly FakeTimeProvider clock = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_in_use_is_refused_in_one_line_and_is_free_again_after_close()
    {
        await using (SqliteStore.Open(folder.Path, clock))
        {
            AssertRefused("in use");
        }

        await using var again = SqliteStore.Open(folder.Path, clock);
    }

    [Fact]
    public void A_folder_of_another_version_is_refused_in_one_line()
    {
        File.WriteAllText(folder.File("version"), "2\n");
        AssertRefused("version '2'");
        Assert.False(File.Exists(folder.File(SqliteFile.Name)));
    }

    [Fact]
    public void A_folder_whose_version_is_empty_is_refused()
    {
        File.WriteAllText(folder.File("version"), "");
        AssertRefused("version ''");
    }

    [Fact]
    public async Task A_database_of_another_version_is_refused_and_left_as_it_is()
    {
        await SqliteStore.Open(folder.Path, clock).DisposeAsync();
        using (var database = SqliteDatabase.Open(folder.File(SqliteFile.Name), readOnly: false))
        {
            database.Execute("PRAGMA user_version = 9");
        }

        AssertRefused("version 9");
        AssertRefused("version 9");
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_in_one_line()
    {
        File.WriteAllText(folder.File(SqliteFile.Name), string.Concat(Enumerable.Repeat("no database ", 1000)));
        AssertRefused("not a database");
    }

    [Fact]
    public void A_data_folder_that_is_a_file_is_refused_in_one_line()
    {
        File.WriteAllText(folder.File("taken"), "");
        var refused = Assert.Throws<DataFolderException>(() => SqliteStore.Open(folder.File("taken"), clock));
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void A_new_folder_is_closed_to_others()
    {
        using var made = DataFolder.Open(folder.File("data"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(made.Path));
        }
    }

    [Fact]
    public async Task Closing_finishes_what_is_pending()
    {
        var store = new SqliteStoreUnderTest();
        var writes = Enumerable.Range(0, 500).Select(i => store.CreateAsync($"d-{i}")).ToArray();
        await store.RestartAsync();
        await Task.WhenAll(writes);
        Assert.Equal(500, (await store.Fleet.CountAsync(TestContext.Current.CancellationToken)).Total);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_closed_store_refuses_to_write_and_to_read()
    {
        var store = new SqliteStoreUnderTest();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<StorageFaultException>(() => store.CreateAsync("d"));
        await Assert.ThrowsAsync<StorageFaultException>(() => store.ReadAsync("d"));
    }

    [Fact]
    public async Task A_batch_that_cannot_commit_fails_whole_and_the_next_one_works()
    {
        await using var store = new SqliteStoreUnderTest();
        using var hold = new WriterHold(store.Store.Writer);
        var before = store.CreateAsync("before");
        var broken = new TestOperation(_ => throw new SqliteFault(raw.SQLITE_IOERR, "the disk is broken"));
        store.Store.Writer.Add(broken);
        var after = store.CreateAsync("after");
        hold.Release();

        await Assert.ThrowsAsync<StorageFaultException>(() => broken.Done);
        await Assert.ThrowsAsync<StorageFaultException>(() => before);
        await Assert.ThrowsAsync<StorageFaultException>(() => after);
        Assert.False((await store.ReadAsync("before")).RecordExists);
        await store.CreateAsync("before");
    }

    [Fact]
    public async Task An_operation_that_is_itself_at_fault_fails_alone()
    {
        await using var store = new SqliteStoreUnderTest();
        using var hold = new WriterHold(store.Store.Writer);
        var before = store.CreateAsync("before");
        var unreadable = store.CreateAsync("unreadable", SampleStates.Small with { Tags = "{\"a\":"u8.ToArray() });
        var after = store.CreateAsync("after");
        hold.Release();

        await Task.WhenAll(before, after);
        await Assert.ThrowsAsync<StorageFaultException>(() => unreadable);
        Assert.True((await store.ReadAsync("after")).RecordExists);
        Assert.False((await store.ReadAsync("unreadable")).RecordExists);
    }

    [Fact]
    public async Task A_full_disk_is_told_and_writing_goes_on_once_there_is_space()
    {
        await using var store = new SqliteStoreUnderTest();
        var kept = await store.CreateAsync("kept", SampleStates.Full);
        await Pages(store, 1);
        var big = SampleStates.Small with { Telemetry = new byte[64 << 10] };
        await Assert.ThrowsAsync<StorageFullException>(() => store.CreateAsync("big", big));
        Assert.True((await store.ReadAsync("kept")).RecordExists);

        await Pages(store, int.MaxValue - 1);
        await store.CreateAsync("big", big);
        await store.WriteAsync("kept", kept);
    }

    [Fact]
    public async Task A_clock_that_goes_back_gives_no_version_twice()
    {
        await using var store = new SqliteStoreUnderTest();
        var tags = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            var state = await store.CreateAsync("d");
            Assert.True(tags.Add(state.ETag!));
            await store.ClearAsync("d", state);
        }
    }

    [Fact]
    public async Task The_table_has_the_columns_in_the_order_that_reader_and_writer_count_on()
    {
        await using var store = new SqliteStoreUnderTest();
        var columns = await store.Store.Queries.ReadAsync(
            database =>
            {
                using var info = database.Prepare("SELECT name FROM pragma_table_info('device') ORDER BY cid");
                var names = new List<string>();
                while (info.Step())
                {
                    names.Add(info.TextOrNull(0)!);
                }

                return names;
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(Schema.ColumnNames, columns);
    }

    [Fact]
    public async Task A_running_read_ends_when_it_is_cancelled()
    {
        await using var store = new SqliteStoreUnderTest();
        using var cancel = new CancellationTokenSource();
        var endless = store.Store.Queries.ReadAsync(
            database =>
            {
                cancel.Cancel();
                return database.Scalar("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");
            },
            cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        Assert.Equal(0, (await store.Fleet.CountAsync(TestContext.Current.CancellationToken)).Total);
    }

    private static async Task Pages(SqliteStoreUnderTest store, int maximum)
    {
        var limit = new TestOperation(session => session.Database.Scalar($"PRAGMA max_page_count = {maximum}"));
        store.Store.Writer.Add(limit);
        await limit.Done;
    }

    private void AssertRefused(string why)
    {
        var refused = Assert.Throws<DataFolderException>(() => SqliteStore.Open(folder.Path, clock));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}

/// <summary>Keeps the writer busy, so that what is added meanwhile becomes one batch.</summary>
internal sealed class WriterHold : IDisposable
{
    private readonly ManualResetEventSlim released = new();

    public WriterHold(SqliteWriter writer)
    {
        using var running = new ManualResetEventSlim();
        writer.Add(new TestOperation(_ =>
        {
            running.Set();
            released.Wait();
        }));
        running.Wait();
    }

    public void Release() => released.Set();

    public void Dispose() => released.Dispose();
}

/// <summary>Something that a test does on the writer thread.</summary>
internal sealed class TestOperation(Action<WriteSession> apply) : IWriteOperation
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => done.Task;

    public int Bytes => 1;

    public void Apply(WriteSession session) => apply(session);

    public void Committed() => done.SetResult();

    public void Failed(Exception why) => done.SetException(why);
}
