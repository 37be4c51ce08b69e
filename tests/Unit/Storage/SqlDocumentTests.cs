using Muster.Errors;
using Muster.Storage.Documents;
using Muster.Storage.Postgres;
using Muster.Storage.Sqlite;
using Orleans.Runtime;
using Orleans.Storage;
using SQLitePCL;
using Xunit;

namespace Muster.Storage;

internal sealed class SqlDocumentsUnderTest(StoreUnderTest store, IDocumentStore engine) : DocumentsUnderTest
{
    internal override IDocumentStore Engine => engine;

    public override Task StartAsync() => store.StartAsync();

    public override Task RestartAsync() => store.RestartAsync();

    public override ValueTask DisposeAsync() => store.DisposeAsync();

    public static SqlDocumentsUnderTest Sqlite(SqliteStoreUnderTest store) => new(store, new SqliteDocuments(() => store.Store));

    public static SqlDocumentsUnderTest Postgres(PostgresStoreUnderTest store) => new(store, new PostgresDocuments(() => store.Store));
}

public sealed class SqliteDocumentTests : DocumentStorageLaws
{
    private readonly SqliteStoreUnderTest store = new();

    public SqliteDocumentTests() => Engine = SqlDocumentsUnderTest.Sqlite(store);

    protected override DocumentsUnderTest Engine { get; }

    [Fact]
    public async Task A_batch_that_cannot_commit_leaves_the_outcome_to_a_read()
    {
        var grain = GrainId.Create("route", "broken");
        var documents = new DocumentStorageUnderTest(Engine.Engine, grain);
        using var hold = new WriterHold(store.Store.Writer);
        var write = documents.CreateAsync(grain, new Document());
        store.Store.Writer.Add(new TestOperation(_ => throw new SqliteFault(raw.SQLITE_IOERR, "the disk is broken")));
        hold.Release();

        await Assert.ThrowsAsync<StoreFaultException>(() => write);
        Assert.True(documents.ActivationEnded);
        Assert.False((await documents.ReadAsync<Document>(grain)).RecordExists);
    }

    [Fact]
    public async Task A_database_of_the_schema_before_documents_is_brought_forward_and_keeps_its_rows()
    {
        using var folder = new TemporaryFolder();
        await using (var first = SqliteStore.Open(folder.Path, TimeProvider.System))
        {
            await new SqliteDeviceStorage(() => first).WriteStateAsync("state", GrainId.Create("device", "d"), new GrainState<Devices.DeviceState>(SampleStates.Small with { }));
        }

        using (var database = SqliteDatabase.Open(folder.File(SqliteFile.Name), readOnly: false))
        {
            database.Execute("""
                DROP TABLE document; DROP TABLE service_record; ALTER TABLE device DROP COLUMN messages; ALTER TABLE device DROP COLUMN feedback;
                ALTER TABLE device DROP COLUMN upstream; ALTER TABLE device DROP COLUMN device_update;
                DROP TABLE update_history; DROP TABLE rollout_target; DROP TABLE rollout_term;
                PRAGMA user_version = 1
                """);
        }

        await using var second = SqliteStore.Open(folder.Path, TimeProvider.System);
        var grain = GrainId.Create("route", "a");
        await new DocumentStorageUnderTest(new SqliteDocuments(() => second)).CreateAsync(grain, new Document());
        var device = new GrainState<Devices.DeviceState>();
        await new SqliteDeviceStorage(() => second).ReadStateAsync("state", GrainId.Create("device", "d"), device);
        Assert.True(device.RecordExists);
    }
}

public sealed class PostgresDocumentTests : DocumentStorageLaws, IClassFixture<PostgresDatabase>
{
    private readonly PostgresDatabase database;

    public PostgresDocumentTests(PostgresDatabase database)
    {
        this.database = database;
        Engine = SqlDocumentsUnderTest.Postgres(new PostgresStoreUnderTest(database));
    }

    protected override DocumentsUnderTest Engine { get; }

    [Fact]
    public async Task What_was_acknowledged_while_connections_were_cut_is_there()
    {
        var made = new SemaphoreSlim(0);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var grains = Enumerable.Range(0, 16).Select(i => CountAsync(GrainId.Create("route", $"{i}"), made, end.Token)).ToArray();
        for (var cut = 0; cut < 5; cut++)
        {
            for (var i = 0; i < 100; i++)
            {
                await made.WaitAsync(TestContext.Current.CancellationToken);
            }

            await PostgresFixture.ExecuteAsync(
                database.ConnectionString,
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        }

        await end.CancelAsync();
        await Task.WhenAll(grains);
    }

    // Counts up as a grain would: after a failed write it reads again, and finds at least what it was told is stored.
    private async Task CountAsync(GrainId grain, SemaphoreSlim made, CancellationToken end)
    {
        var documents = new DocumentStorageUnderTest(Engine.Engine);
        var acknowledged = 0;
        var state = await documents.CreateAsync(grain, new Document { Text = "0" });
        while (!end.IsCancellationRequested)
        {
            try
            {
                await documents.WriteAsync(grain, state, new Document { Text = $"{acknowledged + 1}" });
                acknowledged++;
                made.Release();
            }
            catch (StoreFaultException)
            {
                state = await documents.ReadAsync<Document>(grain);
                var stored = int.Parse(state.State!.Text, System.Globalization.CultureInfo.InvariantCulture);
                Assert.InRange(stored, acknowledged, acknowledged + 1);
                acknowledged = stored;
            }
        }

        Assert.Equal($"{acknowledged}", (await documents.ReadAsync<Document>(grain)).State!.Text);
    }
}
