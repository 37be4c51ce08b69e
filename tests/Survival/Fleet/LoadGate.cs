namespace Muster.Survival;

/// <summary>Opens and closes the load.</summary>
internal sealed class LoadGate
{
    private TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool closed = true;

    internal bool IsClosed => closed;

    internal Task UntilOpenAsync(CancellationToken cancellationToken) => Volatile.Read(ref open).Task.WaitAsync(cancellationToken);

    internal void Open()
    {
        closed = false;
        Volatile.Read(ref open).TrySetResult();
    }

    internal void Close()
    {
        // Closed twice, it still has to let those go who came after the first time.
        if (!closed)
        {
            Volatile.Write(ref open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            closed = true;
        }
    }
}
