using System.Collections.Immutable;

namespace Muster.CloudToDevice;

/// <summary>
/// Takes the feedback of this silo's devices to its queue: one call at a time, and what comes meanwhile shares the next. A thousand devices that each
/// called would be more than one grain admits. Thread-safe.
/// </summary>
/// <param name="put">Completes once the queue has the records durably.</param>
internal sealed class FeedbackOutlet(Func<ImmutableArray<ServiceRecord>, Task> put)
{
    /// <summary>Records that wait for the next call at most.</summary>
    internal const int MaxWaiting = 8192;

    private readonly Lock gate = new();
    private readonly ImmutableArray<ServiceRecord>.Builder waiting = ImmutableArray.CreateBuilder<ServiceRecord>();
    private TaskCompletionSource? next;
    private bool isSending;

    /// <summary>Completes once the records are durable in the queue; fails as the call does that took them.</summary>
    /// <exception cref="ServiceQueueFullException">Too many wait already: none was taken. Try again later.</exception>
    internal Task PutAsync(ImmutableArray<ServiceRecord> records)
    {
        lock (gate)
        {
            if (waiting.Count + records.Length > MaxWaiting)
            {
                throw new ServiceQueueFullException($"{waiting.Count} records wait for their queue already.");
            }

            waiting.AddRange(records);
            next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!isSending)
            {
                isSending = true;
                _ = Task.Run(SendAllAsync);
            }

            return next.Task;
        }
    }

    private async Task SendAllAsync()
    {
        while (Take() is { } batch)
        {
            try
            {
                await put(batch.Records);
                batch.Done.SetResult();
            }
            catch (Exception e)
            {
                batch.Done.SetException(e);
            }
        }
    }

    private (ImmutableArray<ServiceRecord> Records, TaskCompletionSource Done)? Take()
    {
        lock (gate)
        {
            if (next is null)
            {
                isSending = false;
                return null;
            }

            var taken = (waiting.DrainToImmutable(), next);
            next = null;
            return taken;
        }
    }
}
