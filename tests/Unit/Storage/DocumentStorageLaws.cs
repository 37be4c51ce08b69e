using Muster.Calls;
using Muster.Errors;
using Muster.Storage.Documents;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

/// <summary>What grain storage for documents keeps, whatever the engine.</summary>
public abstract class DocumentStorageLaws : IAsyncLifetime
{
    private static readonly GrainId Grain = GrainId.Create("route", "a");

    protected abstract DocumentsUnderTest Engine { get; }

    private DocumentStorageUnderTest Store { get; set; } = null!;

    private DocumentStorageUnderTest Other => new(Engine.Engine);

    public async ValueTask InitializeAsync()
    {
        await Engine.StartAsync();
        Store = new DocumentStorageUnderTest(Engine.Engine, Grain);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Engine.DisposeAsync();
    }

    [Fact]
    public async Task A_document_comes_back_as_it_was_written()
    {
        var document = new Document { Text = "ü\0", Bytes = [0, 255], At = DateTimeOffset.UnixEpoch };
        var written = await Store.CreateAsync(Grain, document);
        var read = await Store.ReadAsync<Document>(Grain);

        Assert.True(written.RecordExists);
        Assert.True(read.RecordExists);
        Assert.Equal(written.ETag, read.ETag);
        AssertSame(document, read.State);
    }

    [Fact]
    public async Task An_absent_document_reads_as_a_fresh_state_without_record()
    {
        var read = await Store.ReadAsync<Document>(Grain);
        Assert.False(read.RecordExists);
        Assert.Null(read.ETag);
        Assert.Equal(new Document(), read.State);
        Assert.NotNull((await Store.ReadAsync<DemandingDocument>(Grain)).State);
    }

    [Theory]
    [InlineData("route", "b", "state")]
    [InlineData("endpoint", "a", "state")]
    [InlineData("route", "a", "other")]
    [InlineData("route", "A", "state")]
    [InlineData("route", "a/state", "state")]
    public async Task Types_keys_and_names_tell_documents_apart(string type, string key, string name)
    {
        await Store.CreateAsync(Grain, new Document { Text = "mine" });
        var other = GrainId.Create(type, key);
        Assert.False((await Other.ReadAsync<Document>(other, name)).RecordExists);
        await Other.CreateAsync(other, new Document { Text = "theirs" }, name);
        Assert.Equal("mine", (await Store.ReadAsync<Document>(Grain)).State!.Text);
        Assert.Equal("theirs", (await Other.ReadAsync<Document>(other, name)).State!.Text);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("/")]
    [InlineData("a/../b/.")]
    [InlineData("50%2F é?#&+ \\ \"'")]
    [InlineData("\u0001\u001f")]
    public Task Any_key_names_a_document(string key) => AssertStoresAsync(GrainId.Create("route", key));

    [Fact]
    public Task The_longest_key_names_a_document() => AssertStoresAsync(
        GrainId.Create(new string('t', DocumentLimits.MaxNameLength), string.Concat(Enumerable.Repeat("€", DocumentLimits.MaxKeyBytes / 3))),
        new string('n', DocumentLimits.MaxNameLength));

    [Fact]
    public async Task What_is_too_long_for_a_key_names_none()
    {
        var tooLong = GrainId.Create("route", new string('k', DocumentLimits.MaxKeyBytes + 1));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ReadAsync<Document>(tooLong));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.CreateAsync(GrainId.Create("route", "a\0b"), new Document()));
    }

    [Fact]
    public async Task Of_many_that_insert_a_document_at_once_exactly_one_does()
    {
        var stores = Enumerable.Range(0, 20).Select(_ => Other).ToArray();
        var inserts = stores.Select((store, i) => store.CreateAsync(Grain, new Document { Text = $"{i}" })).ToArray();

        var lost = await Task.WhenAll(inserts.Select(insert => Record.ExceptionAsync(() => insert).AsTask()));

        var winner = Assert.Single(Enumerable.Range(0, 20), i => lost[i] is null);
        Assert.All(lost.Where(e => e is not null), e => Assert.IsType<InconsistentStateException>(e));
        Assert.Equal($"{winner}", (await Store.ReadAsync<Document>(Grain)).State!.Text);
    }

    [Fact]
    public async Task Of_many_that_change_what_they_read_exactly_one_does()
    {
        await Store.CreateAsync(Grain, new Document());
        var states = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Other.ReadAsync<Document>(Grain)));
        var writes = states.Select((state, i) => Other.WriteAsync(Grain, state, new Document { Text = $"{i}" })).ToArray();

        var lost = await Task.WhenAll(writes.Select(write => Record.ExceptionAsync(() => write).AsTask()));

        var winner = Assert.Single(Enumerable.Range(0, 20), i => lost[i] is null);
        Assert.Equal($"{winner}", (await Store.ReadAsync<Document>(Grain)).State!.Text);
    }

    [Fact]
    public async Task Each_write_gives_the_etag_for_the_next()
    {
        var state = await Store.CreateAsync(Grain, new Document());
        var tags = new HashSet<string> { state.ETag! };
        for (var i = 0; i < 3; i++)
        {
            await Store.WriteAsync(Grain, state, new Document { Text = $"{i}" });
            Assert.True(tags.Add(state.ETag!));
            Assert.Equal(state.ETag, (await Store.ReadAsync<Document>(Grain)).ETag);
        }

        Assert.False(Store.ActivationEnded);
    }

    [Theory]
    [InlineData("987654321")]
    [InlineData("none of yours")]
    [InlineData("\"0x8D0000000000000\"")]
    [InlineData("*")]
    public async Task A_wrong_etag_is_a_conflict_that_changes_nothing_and_ends_the_activation(string etag)
    {
        await Store.CreateAsync(Grain, new Document { Text = "kept" });
        var wrong = new GrainState<Document> { ETag = etag };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.WriteAsync(Grain, wrong, new Document()));
        Assert.True(Store.ActivationEnded);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.ClearAsync(Grain, wrong));
        Assert.Equal("kept", (await Store.ReadAsync<Document>(Grain)).State!.Text);
    }

    [Fact]
    public async Task A_write_over_what_is_gone_is_a_conflict()
    {
        var state = await Store.CreateAsync(Grain, new Document());
        await Other.ClearAsync(Grain, await Other.ReadAsync<Document>(Grain));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.WriteAsync(Grain, state, new Document()));
        Assert.False((await Store.ReadAsync<Document>(Grain)).RecordExists);
    }

    [Fact]
    public async Task A_cleared_document_is_gone_and_its_state_fresh()
    {
        var state = await Store.CreateAsync(Grain, new Document { Text = "old" });
        await Store.ClearAsync(Grain, state);
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal(new Document(), state.State);
        Assert.False((await Store.ReadAsync<Document>(Grain)).RecordExists);
        await Store.WriteAsync(Grain, state, new Document { Text = "new" });
        Assert.Equal("new", (await Store.ReadAsync<Document>(Grain)).State!.Text);
    }

    [Fact]
    public async Task Clearing_what_was_never_written_does_nothing_and_what_another_wrote_is_a_conflict()
    {
        await Store.ClearAsync(Grain, new GrainState<Document>());
        await Other.CreateAsync(Grain, new Document());
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.ClearAsync(Grain, new GrainState<Document>()));
        Assert.True((await Store.ReadAsync<Document>(Grain)).RecordExists);
    }

    [Fact]
    public async Task A_document_made_again_refuses_the_etags_of_the_one_before()
    {
        var before = await Store.CreateAsync(Grain, new Document());
        var stale = await Store.ReadAsync<Document>(Grain);
        await Store.ClearAsync(Grain, before);
        await Store.CreateAsync(Grain, new Document());
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.WriteAsync(Grain, stale, new Document()));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.ClearAsync(Grain, stale));
    }

    [Fact]
    public async Task A_document_of_the_greatest_size_is_stored_and_a_bigger_one_is_refused()
    {
        var state = await Store.CreateAsync(Grain, new Document { Bytes = new byte[DocumentLimits.MaxBytes - 100] });
        var refused = await Assert.ThrowsAsync<DocumentTooBigException>(() => Store.WriteAsync(Grain, state, new Document { Bytes = new byte[DocumentLimits.MaxBytes] }));
        Assert.Contains("route/a", refused.Message, StringComparison.Ordinal);
        Assert.True(Store.ActivationEnded);
        Assert.Equal(DocumentLimits.MaxBytes - 100, (await Store.ReadAsync<Document>(Grain)).State!.Bytes!.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_an_unknown_outcome_the_activation_ends_and_a_read_tells(bool stored)
    {
        var faulty = new FaultyDocuments(Engine.Engine);
        var activation = new DocumentStorageUnderTest(faulty, Grain);
        var state = await activation.CreateAsync(Grain, new Document { Text = "before" });
        faulty.FailNext(new StorageFaultException("lost"), afterwards: stored);

        await Assert.ThrowsAsync<StoreFaultException>(() => activation.WriteAsync(Grain, state, new Document { Text = "after" }));

        Assert.True(activation.ActivationEnded);
        var read = await Other.ReadAsync<Document>(Grain);
        Assert.Equal(stored ? "after" : "before", read.State!.Text);
        await Other.WriteAsync(Grain, read, new Document { Text = "next" });
        await Assert.ThrowsAsync<InconsistentStateException>(() => activation.WriteAsync(Grain, state, new Document { Text = "stale" }));
    }

    [Fact]
    public async Task What_was_not_stored_for_certain_is_told_apart_and_ends_the_activation_too()
    {
        var faulty = new FaultyDocuments(Engine.Engine);
        var activation = new DocumentStorageUnderTest(faulty, Grain);
        faulty.FailNext(new StorageBusyException("busy"), afterwards: false);
        await Assert.ThrowsAsync<NotAppliedException>(() => activation.CreateAsync(Grain, new Document()));
        Assert.True(activation.ActivationEnded);
    }

    [Fact]
    public async Task A_read_sees_the_writes_that_were_pending_when_it_began()
    {
        var grains = Enumerable.Range(0, 50).Select(i => GrainId.Create("route", $"{i}")).ToArray();
        var states = await Task.WhenAll(grains.Select(grain => Other.CreateAsync(grain, new Document())));
        var writes = grains.Select((grain, i) => Other.WriteAsync(grain, states[i], new Document { Text = "new" })).ToArray();
        await Task.WhenAll(writes);
        var reads = await Task.WhenAll(grains.Select(grain => Other.ReadAsync<Document>(grain)));
        Assert.All(reads, read => Assert.Equal("new", read.State!.Text));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        var state = await Store.CreateAsync(Grain, new Document { Text = "kept" });
        await Engine.RestartAsync();
        var next = Other;
        var read = await next.ReadAsync<Document>(Grain);
        Assert.Equal((state.ETag, "kept"), (read.ETag, read.State!.Text));
        await next.WriteAsync(Grain, read, new Document());
    }

    [Fact]
    public async Task A_later_program_reads_an_earlier_ones_document_and_the_other_way_round()
    {
        var state = await Store.CreateAsync(Grain, new Document { Text = "kept", Bytes = [1], At = DateTimeOffset.UnixEpoch });
        var later = await Other.ReadAsync<LaterDocument>(Grain);
        Assert.Equal(new LaterDocument { Title = "kept", At = DateTimeOffset.UnixEpoch, Attempts = 1 }, later.State);

        await Other.WriteAsync(Grain, later, later.State! with { Attempts = 7, Labels = ["x"] });
        AssertSame(new Document { Text = "kept", At = DateTimeOffset.UnixEpoch }, (await Store.ReadAsync<Document>(Grain)).State);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 9, 1, 2 })]
    [InlineData(new byte[] { 1, 255, 255, 255 })]
    public async Task A_document_that_is_none_of_ours_is_refused_with_its_key(byte[] payload)
    {
        await Engine.Engine.WriteAsync(DocumentKey.Of(Grain, "state"), payload, null);
        var refused = await Assert.ThrowsAsync<StoreFaultException>(() => Store.ReadAsync<Document>(Grain));
        Assert.Contains("route/a", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_a_grain_type_and_state_are_paged_in_order()
    {
        string[] keys = ["a", "a-b", "a/b", "ab", "b c", "Z", "ü"];
        foreach (var key in keys.Reverse())
        {
            await Other.CreateAsync(GrainId.Create("release", key), new Document());
        }

        await Other.CreateAsync(GrainId.Create("release", "other state"), new Document(), "other");
        await Other.CreateAsync(GrainId.Create("releases", "other type"), new Document());
        await Store.CreateAsync(Grain, new Document());

        var all = await Engine.Engine.ListAsync("release", "state", null, 1000, TestContext.Current.CancellationToken);
        Assert.Equal(keys.Order(StringComparer.Ordinal), all);
        Assert.Equal(all.Skip(2).Take(3), await Engine.Engine.ListAsync("release", "state", all[1], 3, TestContext.Current.CancellationToken));
        Assert.Empty(await Engine.Engine.ListAsync("release", "state", all[^1], 3, TestContext.Current.CancellationToken));
    }

    private async Task AssertStoresAsync(GrainId grain, string name = "state")
    {
        var store = Other;
        await store.CreateAsync(grain, new Document { Text = "kept" }, name);
        Assert.Equal("kept", (await store.ReadAsync<Document>(grain, name)).State!.Text);
    }

    private static void AssertSame(Document expected, Document? actual)
    {
        Assert.Equal(expected with { Bytes = null }, actual! with { Bytes = null });
        Assert.Equal(expected.Bytes, actual.Bytes);
    }
}
