using System.Text.Json;
using Muster.CloudToDevice;
using Muster.Errors;
using Muster.Fixture;
using Orleans.Core.Internal;
using Xunit;

namespace Muster.Files;

public sealed class FileUploadTests(ClusterFixture cluster)
{
    private readonly string deviceId = $"d-{Guid.NewGuid():N}";

    private IFileUploadsGrain Uploads => cluster.Cluster.Client.GetGrain<IFileUploadsGrain>(deviceId);

    [Fact]
    public async Task A_success_raises_one_notification_with_what_the_storage_says_and_ends_the_upload()
    {
        var upload = await BeginAsync("x.txt");
        var modified = new DateTimeOffset(2031, 1, 2, 3, 4, 5, TimeSpan.Zero);
        cluster.Uploads.Add(upload.BlobName, new UploadedBlob("https://localhost/c/x.txt", 42, modified));

        Assert.IsType<UploadReply.Accepted>(await EndAsync(upload.CorrelationId, isSuccess: true));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Refused(await EndAsync(upload.CorrelationId, isSuccess: true)));

        var body = Assert.Single(await NotificationsAsync());
        Assert.Equal(
            (deviceId, "https://localhost/c/x.txt", $"{deviceId}/x.txt", 42, modified),
            (body.GetProperty("deviceId").GetString(), body.GetProperty("blobUri").GetString(), body.GetProperty("blobName").GetString(),
                body.GetProperty("blobSizeInBytes").GetInt64(), body.GetProperty("lastUpdatedTime").GetDateTimeOffset()));
        Assert.True(body.TryGetProperty("enqueuedTimeUtc", out _));
    }

    [Fact]
    public async Task A_success_without_a_blob_is_refused_and_a_failure_raises_nothing()
    {
        var upload = await BeginAsync("x.txt");

        Assert.Equal(HubErrorCode.ArgumentInvalid, Refused(await EndAsync(upload.CorrelationId, isSuccess: true)));
        Assert.DoesNotContain(upload.BlobName, cluster.Uploads.Forgotten);
        Assert.IsType<UploadReply.Accepted>(await EndAsync(upload.CorrelationId, isSuccess: false));
        Assert.Contains(upload.BlobName, cluster.Uploads.Forgotten);
        Assert.Empty(await NotificationsAsync());
    }

    [Fact]
    public async Task Uploads_are_counted_across_the_life_of_their_grain()
    {
        var first = await BeginAsync("0.txt");
        for (var i = 1; i < 10; i++)
        {
            await BeginAsync($"{i}.txt");
        }

        await Uploads.Cast<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);
        Assert.Equal(HubErrorCode.DeviceMaximumActiveFileUploadLimitExceeded, Refused(await Uploads.BeginAsync("10.txt")));
        Assert.IsType<UploadReply.Accepted>(await EndAsync(first.CorrelationId, isSuccess: false));
        await BeginAsync("10.txt");
    }

    private static HubErrorCode Refused(UploadReply reply) => Assert.IsType<UploadReply.Refused>(reply).Why.Code;

    private async Task<FileUpload> BeginAsync(string name) => Assert.IsType<UploadReply.Accepted>(await Uploads.BeginAsync(name)).Upload;

    private Task<UploadReply> EndAsync(string correlationId, bool isSuccess) =>
        Uploads.EndAsync(new UploadResult { CorrelationId = correlationId, IsSuccess = isSuccess });

    /// <summary>Those of this test's device; others stay with the queue.</summary>
    private async Task<List<JsonElement>> NotificationsAsync()
    {
        var queue = cluster.Cluster.Client.GetGrain<IServiceQueueGrain>(ServiceQueues.FileNotifications);
        var found = new List<JsonElement>();
        while (await queue.ReceiveAsync(ServiceQueues.MaxBatch, TimeSpan.Zero) is { } locked)
        {
            foreach (var record in locked.Records)
            {
                var body = JsonDocument.Parse(record.Body).RootElement;
                if (body.GetProperty("deviceId").GetString() == deviceId)
                {
                    found.Add(body);
                }
            }
        }

        return found;
    }
}
