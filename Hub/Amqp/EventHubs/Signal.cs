namespace Muster.EventHubs;

/// <summary>Wakes one who waits, or the next one who will; set twice, it wakes once.</summary>
internal sealed class Signal
{
    private readonly Lock gate = new();
    private TaskCompletionSource? waiting;
    private bool isSet;

    internal void Set()
    {
        TaskCompletionSource? woken;
        lock (gate)
        {
            (woken, waiting) = (waiting, null);
            isSet = woken is null;
        }

        woken?.TrySetResult();
    }

    /// <summary>Completes with the next <see cref="Set"/>. Who waits again takes the place of its own earlier wait.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (isSet)
            {
                isSet = false;
                return Task.CompletedTask;
            }

            waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task.WaitAsync(cancellationToken);
        }
    }
}
