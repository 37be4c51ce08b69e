using Amqp;
using Amqp.Framing;

namespace Muster.Amqp;

/// <summary>Waits for what the library's client only tells by callbacks.</summary>
internal static class Attached
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<SenderLink> SenderAsync(Session session, string name, string address)
    {
        var attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new SenderLink(session, name, new Target { Address = address }, (_, _) => attached.TrySetResult());
        await attached.Task.WaitAsync(Patience);
        return link;
    }

    public static async Task<ReceiverLink> ReceiverAsync(Session session, string name, Source source, Action<Attach>? onAttached = null)
    {
        var attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new ReceiverLink(session, name, source, (_, attach) =>
        {
            onAttached?.Invoke(attach);
            attached.TrySetResult();
        });
        await attached.Task.WaitAsync(Patience);
        return link;
    }

    /// <summary>With what the hub ended it.</summary>
    public static async Task<Error> ClosedAsync(AmqpObject thing)
    {
        var closed = new TaskCompletionSource<Error>(TaskCreationOptions.RunContinuationsAsynchronously);
        thing.AddClosedCallback((_, error) => closed.TrySetResult(error));
        return await closed.Task.WaitAsync(Patience);
    }
}
