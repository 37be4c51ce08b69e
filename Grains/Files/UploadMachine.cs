using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Files;

/// <summary>The uploads of one device, as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.FileUploadsState")]
internal sealed record FileUploadsState
{
    public static FileUploadsState None { get; } = new();

    /// <summary>Oldest first; those whose time is over are dropped with the next change.</summary>
    [Id(0)] public ImmutableArray<FileUpload> Active { get; init; } = [];
}

/// <summary>Which uploads of a device are under way. Pure.</summary>
internal static class UploadMachine
{
    /// <summary>Uploads of one device at once (IoT Hub's limit).</summary>
    internal const int MaxActive = 10;

    /// <summary>The state with one upload more; null where there are as many as there may be.</summary>
    internal static FileUploadsState? Begin(FileUploadsState state, FileUpload upload)
    {
        var active = Active(state, upload.StartedAt);
        return active.Length < MaxActive ? state with { Active = active.Add(upload) } : null;
    }

    /// <summary>Null if no such upload is under way.</summary>
    internal static FileUpload? Find(FileUploadsState state, string correlationId, DateTimeOffset now) =>
        state.Active.FirstOrDefault(upload => upload.CorrelationId == correlationId && upload.ExpiresAt > now);

    /// <summary>The state without that upload.</summary>
    internal static FileUploadsState End(FileUploadsState state, string correlationId, DateTimeOffset now) =>
        state with { Active = Active(state, now).RemoveAll(upload => upload.CorrelationId == correlationId) };

    internal static Refusal Full(string deviceId) => new(
        HubErrorCode.DeviceMaximumActiveFileUploadLimitExceeded, $"The device {deviceId} has {MaxActive} uploads under way, which is as many as it may have.");

    internal static Refusal Unknown(string correlationId) => Refusals.Invalid($"No upload {correlationId} is under way.");

    internal static Refusal NoBlob(FileUpload upload) => Refusals.Invalid($"The upload is said to have succeeded, but there is no blob {upload.BlobName}.");

    private static ImmutableArray<FileUpload> Active(FileUploadsState state, DateTimeOffset now) => state.Active.RemoveAll(upload => upload.ExpiresAt <= now);
}
