using System.Threading.Tasks.Sources;

namespace Muster.Storage.Log;

/// <summary>
/// One append: pooled, awaited once, and a link of the chains that carry it to the writer and back. As a work item it completes the whole
/// chain that it heads, so that many appends share one hop to the thread pool.
/// </summary>
internal sealed class AppendOperation(AppendQueue queue) : IValueTaskSource, IThreadPoolWorkItem
{
    private const int PerWorkItem = 16;
    private ManualResetValueTaskSourceCore<bool> core;
    private Exception? failure;

    internal ReadOnlyMemory<byte> Records { get; private set; }

    internal int Count { get; private set; }

    internal AppendOperation? Next { get; set; }

    internal ValueTask Begin(ReadOnlyMemory<byte> records, int count)
    {
        (Records, Count) = (records, count);
        return new ValueTask(this, core.Version);
    }

    /// <summary>Ends all appends from <paramref name="first"/> on; with an exception each, or well if there is no <paramref name="failure"/>.</summary>
    internal static void SettleAll(AppendOperation first, Func<Exception>? failure)
    {
        // A chain runs its continuations one after the other: short enough that no append waits long for those before it.
        for (AppendOperation? head = first, next; head is not null; head = next)
        {
            var last = head;
            last.Settle(failure);
            for (var length = 1; length < PerWorkItem && last.Next is not null; length++)
            {
                last = last.Next;
                last.Settle(failure);
            }

            next = last.Next;
            last.Next = null;
            ThreadPool.UnsafeQueueUserWorkItem(head, preferLocal: false);
        }
    }

    private void Settle(Func<Exception>? reason)
    {
        failure = reason?.Invoke();
        Records = default;
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (AppendOperation? operation = this, next; operation is not null; operation = next)
        {
            // Read first: once completed, the operation may already serve another append.
            next = operation.Next;
            operation.Next = null;
            operation.Complete();
        }
    }

    private void Complete()
    {
        if (failure is null)
        {
            core.SetResult(true);
        }
        else
        {
            core.SetException(failure);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            core.GetResult(token);
        }
        finally
        {
            failure = null;
            core.Reset();
            queue.Return(this);
        }
    }
}
