namespace Muster.Amqp;

/// <summary>
/// Calls one link's handler, one call at a time and in order. Calls run at once on the thread that brings them, except those that the library makes
/// while it holds its own locks.
/// </summary>
internal sealed class LinkCalls(Action<Exception> onFailure)
{
    private readonly Lock gate = new();
    private readonly Queue<Action> waiting = new();
    private bool isRunning;

    public void Run(Action call)
    {
        if (TryStart(call))
        {
            Drain();
        }
    }

    /// <summary>From within the library's locks: runs on another thread.</summary>
    public void RunLater(Action call)
    {
        if (TryStart(call))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static calls => calls.Drain(), this, preferLocal: false);
        }
    }

    private bool TryStart(Action call)
    {
        lock (gate)
        {
            waiting.Enqueue(call);
            var starts = !isRunning;
            isRunning = true;
            return starts;
        }
    }

    private void Drain()
    {
        while (true)
        {
            Action call;
            lock (gate)
            {
                if (!waiting.TryDequeue(out var next))
                {
                    isRunning = false;
                    return;
                }

                call = next;
            }

            try
            {
                call();
            }
            catch (Exception e)
            {
                onFailure(e);
            }
        }
    }
}
