using Azure;
using Azure.Storage.Blobs.Models;

namespace Muster.Storage.Azure;

/// <summary>What an answer of Azure Storage, or its absence, says of a change.</summary>
internal static class BlobFaults
{
    private const int TooManyRequests = 429;

    /// <summary>True if the blob is there and should not be, is not and should be, or has another ETag.</summary>
    public static bool IsConflict(RequestFailedException e) => e.ErrorCode is { } code
        && (code == BlobErrorCode.ConditionNotMet || code == BlobErrorCode.BlobAlreadyExists || code == BlobErrorCode.BlobNotFound);

    /// <summary>True for what the SDK throws; after several tries, an aggregate of them.</summary>
    public static bool IsFault(Exception e) => e is RequestFailedException or AggregateException or OperationCanceledException or IOException;

    public static StorageFaultException OfChange(Exception e) => e switch
    {
        RequestFailedException { Status: TooManyRequests } => new StorageBusyException($"Azure Storage has too much to do. {Line(e)}"),
        RequestFailedException busy when busy.ErrorCode == BlobErrorCode.ServerBusy => new StorageBusyException($"Azure Storage has too much to do. {Line(e)}"),
        _ => new StorageFaultException($"Azure Storage did not answer for certain; whether it was written is unknown. {Line(e)}", e),
    };

    /// <summary>One line: the SDK's message goes on with every header.</summary>
    public static string Line(Exception e) => e switch
    {
        AggregateException { InnerExceptions: [.., var last] } => Line(last),
        RequestFailedException { ErrorCode.Length: > 0 } refused => $"{refused.Status} {refused.ErrorCode}",
        _ => e.Message.Split('\n')[0].Trim(),
    };
}
