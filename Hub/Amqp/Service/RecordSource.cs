using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Errors;

namespace Muster.Amqp;

/// <summary>
/// A back office's link to one of the service queues. Records go out as soon as there are any; while they come one by one, those that come within
/// <see cref="Gathering"/> share a message. Several links share a queue.
/// </summary>
/// <param name="queue">Which one.</param>
/// <param name="grain">The queue itself.</param>
/// <param name="hubName">What the messages say that they are from.</param>
/// <param name="calls">Tries again while silos come and go.</param>
/// <param name="clock">For what shares a message.</param>
/// <param name="logger">Hears of what was not read or not settled.</param>
internal sealed partial class RecordSource(
    RecordQueue queue, IServiceQueueGrain grain, string hubName, GrainCalls calls, TimeProvider clock, ILogger logger) : IMessageSource
{
    /// <summary>How long one look at the queue waits for a first record; what is lent to a link that has gone meanwhile is given back.</summary>
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(5);

    /// <summary>From a message that was not full to the next.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private ISourcePort? port;
    private int isRunning;

    private ISourcePort Port => port!;

    public void OnAttached(ISourcePort port) => this.port = port;

    public void OnCredit()
    {
        if (Interlocked.CompareExchange(ref isRunning, 1, 0) == 0)
        {
            _ = RunAsync();
        }
        else
        {
            // It looks already, and would send at once what there is.
            Port.CompleteDrain();
        }
    }

    public void OnSettled(object? tag, DeliveryOutcome outcome) => _ = SettleAsync((Guid)tag!, outcome switch
    {
        DeliveryOutcome.Accepted => MessageOutcome.Complete,
        DeliveryOutcome.Rejected => MessageOutcome.Reject,
        _ => MessageOutcome.Abandon,
    });

    public void OnClosed()
    {
    }

    private async Task RunAsync()
    {
        try
        {
            do
            {
                await SendAllAsync();
                Volatile.Write(ref isRunning, 0);
            }
            while (IsWanted() && Interlocked.CompareExchange(ref isRunning, 1, 0) == 0);
        }
        catch (Exception e)
        {
            LogNotRead(logger, queue.Queue, e);
            Port.Detach(LinkError.From(new Refusal(HubErrorCode.ServiceUnavailable, "The queue is not available now; try again.")));
        }
    }

    private bool IsWanted() => !Port.IsClosed && Port.Room > 0;

    private async Task SendAllAsync()
    {
        while (IsWanted())
        {
            await Port.WaitForRoomAsync();
            var wait = Port.IsDraining ? TimeSpan.Zero : LookTime;
            if (await calls.WaitAsync(Repeat.Always, () => grain.ReceiveAsync(queue.MaxBatch, wait)) is not { } lent)
            {
                Port.CompleteDrain();
                continue;
            }

            if (!Port.TrySend(RecordMessages.Encode(queue, hubName, lent), lent.LockToken))
            {
                await SettleAsync(lent.LockToken, MessageOutcome.Abandon);
            }
            else if (lent.Records.Length < queue.MaxBatch && !Port.IsDraining)
            {
                await Task.Delay(Gathering, clock);
            }
        }
    }

    private async Task SettleAsync(Guid lockToken, MessageOutcome outcome)
    {
        try
        {
            await calls.WaitAsync(Repeat.Always, () => grain.SettleAsync(lockToken, outcome));
        }
        catch (Exception e)
        {
            // Not known to be settled: the records are lent again when the lock lapses.
            LogNotSettled(logger, queue.Queue, e);
        }
    }

    [LoggerMessage(EventId = 8211, Level = LogLevel.Warning, Message = "The queue {Queue} could not be read for a back office")]
    private static partial void LogNotRead(ILogger logger, string queue, Exception exception);

    [LoggerMessage(EventId = 8212, Level = LogLevel.Warning, Message = "Records of the queue {Queue} could not be settled; they are lent again")]
    private static partial void LogNotSettled(ILogger logger, string queue, Exception exception);
}
