namespace Muster.Files;

/// <summary>The file uploads of one device that are under way; durable. Key: the device's id.</summary>
[Alias("muster.IFileUploadsGrain")]
public interface IFileUploadsGrain : IGrainWithStringKey
{
    /// <summary>Begins an upload, which lasts until it is ended or its time is over (<c>Files:LinkLifetime</c>).</summary>
    /// <param name="name">The blob's name as the device says it; the device's id is put before it.</param>
    /// <returns>Refused: ArgumentInvalid for a name that no blob can have; DeviceMaximumActiveFileUploadLimitExceeded at the eleventh.</returns>
    [Alias("Begin")]
    Task<UploadReply> BeginAsync(string name);

    /// <summary>
    /// Ends an upload. One that succeeded raises a file notification first (unless <c>Files:Notifications</c> is off), once at least.
    /// </summary>
    /// <returns>Refused: ArgumentInvalid where no such upload is under way, or where it is said to have succeeded and there is no such blob.</returns>
    [Alias("End")]
    Task<UploadReply> EndAsync(UploadResult result);
}
