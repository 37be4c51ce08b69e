using Azure.Core.Pipeline;
using Muster.Files;
using Muster.Storage.Azure;
using Xunit;
using HttpMessage = Azure.Core.HttpMessage;
using Request = Azure.Core.Request;

namespace Muster.Storage;

public sealed class AzureUploadsTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_as_SDKs_put_it_together_leads_to_the_blob_whatever_the_device_is_called()
    {
        const string Name = "d#1?%/a b.txt";
        var settings = await azurite.CreateSettingsAsync();
        var uploads = new AzureUploads(
            new FilesOptions { AzureConnectionString = settings.ConnectionString, AzureContainer = settings.Container }, transport: null);
        var link = await uploads.LinkAsync(Name, TimeProvider.System.GetUtcNow().AddHours(1), Cancel);

        using var client = new HttpClient();
        var url = $"http://{link.HostName}/{link.ContainerName}/{link.BlobName}{link.SasToken}";
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent([1, 2]) };
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        request.Headers.Add("x-ms-version", "2020-10-02");
        using var answer = await client.SendAsync(request, Cancel);

        Assert.Equal(System.Net.HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(2, (await uploads.DescribeAsync(Name, Cancel))?.Size);
    }

    [Fact]
    public async Task A_storage_that_does_not_answer_is_asked_a_few_times()
    {
        const string Account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.36:9/a;";
        using var transport = new SilentTransport();
        var uploads = new AzureUploads(new FilesOptions { AzureConnectionString = Account }, transport);

        var fault = await Assert.ThrowsAsync<UploadTargetException>(() => uploads.DescribeAsync("d/x", Cancel));
        Assert.Equal("Azure Blob Storage did not answer: It is away.", fault.Message);
        Assert.Equal(3, transport.Tries);
    }

    private sealed class SilentTransport : HttpPipelineTransport, IDisposable
    {
        private readonly HttpClientTransport inner = new();

        public int Tries { get; private set; }

        public void Dispose() => inner.Dispose();

        public override Request CreateRequest() => inner.CreateRequest();

        public override void Process(HttpMessage message) => throw new NotSupportedException();

        public override ValueTask ProcessAsync(HttpMessage message)
        {
            Tries++;
            throw new IOException("It is away.");
        }
    }
}
