using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Errors;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Muster.Storage.Documents;

/// <summary>
/// Grain storage for <see cref="StorageNames.Documents"/> over any engine. What a grain holds after a failed write is not what is stored, so
/// its activation ends with the call, whatever the grain makes of the failure.
/// </summary>
internal sealed partial class DocumentStorage(
    IDocumentStore store, DocumentCodec codec, IActivatorProvider activators, IGrainContextAccessor contexts, ILogger<DocumentStorage> logger) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = DocumentKey.Of(grainId, stateName);
        StoredDocument? found;
        try
        {
            found = await store.ReadAsync(key);
        }
        catch (StorageFaultException e)
        {
            LogReadFailed(e, key);
            throw new StoreFaultException($"The document of {key} cannot be read now. {e.Message}");
        }

        grainState.State = found is null ? Empty<T>() : codec.Read<T>(key, found.Payload);
        grainState.ETag = found?.ETag;
        grainState.RecordExists = found is not null;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => ChangeAsync(grainId, stateName, grainState.ETag, async key =>
    {
        if (await store.WriteAsync(key, codec.Write(key, grainState.State), grainState.ETag) is not { } etag)
        {
            return false;
        }

        (grainState.ETag, grainState.RecordExists) = (etag, true);
        return true;
    });

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => ChangeAsync(grainId, stateName, grainState.ETag, async key =>
    {
        if (!await store.DeleteAsync(key, grainState.ETag))
        {
            return false;
        }

        (grainState.State, grainState.ETag, grainState.RecordExists) = (Empty<T>(), null, false);
        return true;
    });

    // Up to its first await, the change runs in the grain's turn: what it serializes is of one moment.
    private async Task ChangeAsync(GrainId grainId, string stateName, string? etag, Func<DocumentKey, Task<bool>> change)
    {
        var activation = contexts.GrainContext;
        try
        {
            var key = DocumentKey.Of(grainId, stateName);
            if (!await change(key))
            {
                throw new InconsistentStateException($"The document of {key} has changed since it was read.", "", etag ?? "");
            }
        }
        catch (Exception e)
        {
            LogWriteFailed(e, grainId);
            if (activation?.GrainId == grainId)
            {
                // Without the exception: calls that wait would be answered by it, and not by the next activation.
                activation.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "A write of its document failed."), CancellationToken.None);
            }

            throw Translate(grainId, e);
        }
    }

    // Callers on other silos and beside the cluster know the exceptions of the contracts, and no store's.
    private static Exception Translate(GrainId grainId, Exception why) => why switch
    {
        StorageFullException or StorageBusyException => new NotAppliedException($"The document of {grainId} was not written. {why.Message}"),
        StorageFaultException => new StoreFaultException($"Whether the document of {grainId} was written is unknown. {why.Message}"),
        _ => why,
    };

    private T Empty<T>() => activators.GetActivator<T>().Create();

    [LoggerMessage(EventId = 7301, Level = LogLevel.Warning, Message = "The document of {Key} cannot be read")]
    private partial void LogReadFailed(Exception why, DocumentKey key);

    [LoggerMessage(EventId = 7302, Level = LogLevel.Warning, Message = "The document of {Grain} was not written for certain; its activation ends")]
    private partial void LogWriteFailed(Exception why, GrainId grain);
}
