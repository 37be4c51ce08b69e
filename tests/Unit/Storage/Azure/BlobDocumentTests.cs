using Azure.Core.Pipeline;
using Muster.Calls;
using Muster.Errors;
using Muster.Storage.Azure;
using Muster.Storage.Documents;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;
using HttpMessage = Azure.Core.HttpMessage;
using Request = Azure.Core.Request;

namespace Muster.Storage;

internal sealed class BlobDocumentsUnderTest(AzuriteFixture azurite) : DocumentsUnderTest
{
    private BlobDocuments? engine;

    public AzureDocumentSettings Settings { get; private set; } = new("", "");

    internal override IDocumentStore Engine => engine ?? throw new InvalidOperationException("Not started.");

    public override async Task StartAsync()
    {
        Settings = await azurite.CreateSettingsAsync();
        await RestartAsync();
    }

    public override Task RestartAsync() => (engine = new BlobDocuments(Settings)).OpenAsync(TestContext.Current.CancellationToken);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class BlobDocumentTests : DocumentStorageLaws
{
    private static readonly GrainId Grain = GrainId.Create("route", "a");

    private readonly BlobDocumentsUnderTest engine;

    public BlobDocumentTests(AzuriteFixture azurite) => engine = new BlobDocumentsUnderTest(azurite);

    protected override DocumentsUnderTest Engine => engine;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_whose_answer_is_lost_is_unknown_and_sent_once_and_a_read_tells()
    {
        using var transport = new LossyTransport();
        var documents = new DocumentStorageUnderTest(new BlobDocuments(engine.Settings, transport), Grain);
        var state = await documents.CreateAsync(Grain, new Document { Text = "before" });
        transport.LoseAnswers();

        await Assert.ThrowsAsync<StoreFaultException>(() => documents.WriteAsync(Grain, state, new Document { Text = "after" }));

        Assert.Equal(1, transport.Lost);
        Assert.True(documents.ActivationEnded);
        transport.KeepAnswers();
        var read = await documents.ReadAsync<Document>(Grain);
        Assert.Equal("after", read.State!.Text);
        await documents.WriteAsync(Grain, read, new Document { Text = "next" });
        await Assert.ThrowsAsync<InconsistentStateException>(() => documents.WriteAsync(Grain, state, new Document()));
    }

    [Fact]
    public async Task A_read_is_tried_again()
    {
        using var transport = new LossyTransport();
        var documents = new DocumentStorageUnderTest(new BlobDocuments(engine.Settings, transport));
        await documents.CreateAsync(Grain, new Document { Text = "kept" });
        transport.LoseAnswers(1);
        Assert.Equal("kept", (await documents.ReadAsync<Document>(Grain)).State!.Text);
        Assert.Equal(1, transport.Lost);
    }

    [Theory]
    [InlineData(503, "ServerBusy")]
    [InlineData(429, "TooManyRequests")]
    public async Task A_busy_account_has_stored_nothing(int status, string code)
    {
        using var transport = new RefusingTransport(status, code);
        var documents = new DocumentStorageUnderTest(new BlobDocuments(engine.Settings, transport), Grain);
        await Assert.ThrowsAsync<NotAppliedException>(() => documents.CreateAsync(Grain, new Document()));
        Assert.True(documents.ActivationEnded);
    }

    [Fact]
    public async Task A_fault_of_the_server_leaves_the_outcome_open()
    {
        using var transport = new RefusingTransport(500, "OperationTimedOut");
        var documents = new DocumentStorageUnderTest(new BlobDocuments(engine.Settings, transport), Grain);
        await Assert.ThrowsAsync<StoreFaultException>(() => documents.CreateAsync(Grain, new Document()));
    }

    [Fact]
    public async Task A_container_that_was_taken_away_is_a_fault_and_no_absent_document()
    {
        var documents = new DocumentStorageUnderTest(new BlobDocuments(engine.Settings with { Container = "nowhere" }));
        await Assert.ThrowsAsync<StoreFaultException>(() => documents.ReadAsync<Document>(Grain));
        await Assert.ThrowsAsync<StoreFaultException>(() => documents.CreateAsync(Grain, new Document()));
    }

    [Fact]
    public async Task Opening_again_finds_the_container_and_silos_may_open_it_at_once() =>
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new BlobDocuments(engine.Settings with { Container = "shared-by-four" }).OpenAsync(Cancel)));

    [Fact]
    public async Task A_wrong_key_is_told_at_the_start_in_one_line_without_the_key()
    {
        var key = Convert.ToBase64String(new byte[64]);
        var parts = engine.Settings.ConnectionString.Split(';').Select(part => part.StartsWith("AccountKey=", StringComparison.Ordinal) ? $"AccountKey={key}" : part);
        var wrong = engine.Settings with { ConnectionString = string.Join(';', parts) };

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => new BlobDocuments(wrong).OpenAsync(Cancel));

        Assert.Contains(engine.Settings.Container, refused.Message, StringComparison.Ordinal);
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain(key, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(key, wrong.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Blobs_of_different_documents_have_different_names()
    {
        string[] keys = ["a", "A", "a~", "a~7E", "a/b", "a.b", ".", "é", "e\u0301"];
        Assert.Equal(keys.Length, keys.Select(key => BlobNames.Of(new DocumentKey("t", key, "n"))).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Sends what it is given, and loses what is answered.</summary>
    private sealed class LossyTransport : HttpPipelineTransport, IDisposable
    {
        private readonly HttpClientTransport inner = new();
        private int losing;

        public int Lost { get; private set; }

        public void LoseAnswers(int count = int.MaxValue) => losing = count;

        public void KeepAnswers() => losing = 0;

        public void Dispose() => inner.Dispose();

        public override Request CreateRequest() => inner.CreateRequest();

        public override void Process(HttpMessage message) => throw new NotSupportedException();

        public override async ValueTask ProcessAsync(HttpMessage message)
        {
            await inner.ProcessAsync(message);
            if (losing > 0)
            {
                losing--;
                Lost++;
                throw new IOException("The connection was lost.");
            }
        }
    }

    /// <summary>Answers without a server.</summary>
    private sealed class RefusingTransport(int status, string code) : HttpPipelineTransport, IDisposable
    {
        private readonly HttpClientTransport inner = new(new HttpClient(new Refusal(status, code)));

        public void Dispose() => inner.Dispose();

        public override Request CreateRequest() => inner.CreateRequest();

        public override void Process(HttpMessage message) => throw new NotSupportedException();

        public override ValueTask ProcessAsync(HttpMessage message) => inner.ProcessAsync(message);

        private sealed class Refusal(int status, string code) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(
                new HttpResponseMessage((System.Net.HttpStatusCode)status) { Headers = { { "x-ms-error-code", code } }, Content = new ByteArrayContent([]) });
        }
    }
}
