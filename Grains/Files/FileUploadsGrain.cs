using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Storage;

namespace Muster.Files;

[GrainType("file-uploads")]
internal sealed class FileUploadsGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<FileUploadsState> storage,
    IUploadTarget target, IOptions<FilesOptions> options, TimeProvider clock) : Grain, IFileUploadsGrain, IStoreCaller
{
    private string DeviceId => this.GetPrimaryKeyString();

    public async Task<UploadReply> BeginAsync(string name)
    {
        if (BlobNames.Of(DeviceId, name, out var why) is not { } blobName)
        {
            return new UploadReply.Refused(why!);
        }

        var now = clock.GetUtcNow();
        var upload = new FileUpload
        {
            CorrelationId = RandomNumberGenerator.GetHexString(32, lowercase: true),
            BlobName = blobName,
            StartedAt = now,
            ExpiresAt = now + options.Value.LinkLifetime,
        };
        if (UploadMachine.Begin(storage.State, upload) is not { } next)
        {
            return new UploadReply.Refused(UploadMachine.Full(DeviceId));
        }

        await SaveAsync(next);
        return new UploadReply.Accepted(upload);
    }

    public async Task<UploadReply> EndAsync(UploadResult result)
    {
        var now = clock.GetUtcNow();
        if (UploadMachine.Find(storage.State, result.CorrelationId, now) is not { } upload)
        {
            return new UploadReply.Refused(UploadMachine.Unknown(result.CorrelationId));
        }

        if (result.IsSuccess)
        {
            if (await target.DescribeAsync(upload.BlobName, CancellationToken.None) is not { } blob)
            {
                return new UploadReply.Refused(UploadMachine.NoBlob(upload));
            }

            await NotifyAsync(upload, blob, now);
        }

        // After the notification: a silo that dies in between leaves the upload, whose end the device says again.
        await SaveAsync(UploadMachine.End(storage.State, result.CorrelationId, now));
        await ForgetStagedAsync(upload.BlobName);
        return new UploadReply.Accepted(upload);
    }

    private async Task ForgetStagedAsync(string blobName)
    {
        try
        {
            await target.ForgetStagedAsync(blobName, CancellationToken.None);
        }
        catch (UploadTargetException)
        {
            // The upload has ended all the same; what is left goes when it is old.
        }
    }

    private Task NotifyAsync(FileUpload upload, UploadedBlob blob, DateTimeOffset now) => options.Value.Notifications
        ? GrainFactory.GetGrain<IServiceQueueGrain>(ServiceQueues.FileNotifications).PutAsync(
            [new ServiceRecord { Id = RecordId(upload), At = now, Body = FileNotification.Write(DeviceId, upload.BlobName, blob, now) }])
        : Task.CompletedTask;

    /// <summary>One for each upload, so that the queue knows a notification that is put again.</summary>
    private Guid RecordId(FileUpload upload) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{DeviceId}\n{upload.CorrelationId}")).AsSpan(0, 16));

    private async Task SaveAsync(FileUploadsState next)
    {
        // A write that fails drops the activation: what is said here is never shown.
        storage.State = next;
        await (next.Active.IsEmpty ? storage.ClearStateAsync() : storage.WriteStateAsync());
    }
}
