using System.Collections.Immutable;
using System.Threading.Channels;
using Amqp;
using Muster.CloudToDevice;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>Reads a queue a message at a time: the next is asked for when the last is completed.</summary>
internal sealed class UpstreamQueue : IUpstreamQueue
{
    private readonly ReceiverLink link;
    private readonly string queue;
    private readonly WireDialer dialer;
    private readonly UpstreamInstruments instruments;
    private readonly Channel<Message> arrived = Channel.CreateBounded<Message>(1);
    private Message? last;
    private int isDisposed;

    /// <param name="link">Open, and without credit yet.</param>
    /// <param name="queue">One of <see cref="ServiceQueues"/>.</param>
    /// <param name="what">The receiver, as the subject of a sentence.</param>
    public UpstreamQueue(ReceiverLink link, string queue, string what, WireDialer dialer, UpstreamInstruments instruments)
    {
        (this.link, this.queue, this.dialer, this.instruments) = (link, queue, dialer, instruments);
        instruments.Opened();
        link.AddClosedCallback((_, error) => arrived.Writer.TryComplete(WireErrors.Ended(what, error)));
        link.Start(0, (_, message) => arrived.Writer.TryWrite(message));
        AskForOne();
    }

    public async ValueTask<ImmutableArray<ServiceRecord>> ReadAsync(CancellationToken cancellationToken)
    {
        while (await arrived.Reader.WaitToReadAsync(cancellationToken))
        {
            if (!arrived.Reader.TryRead(out last))
            {
                continue;
            }

            var records = RecordReader.Read(queue, last, dialer.Clock.GetUtcNow());
            if (records.Length > 0)
            {
                return records;
            }

            // What nobody can read would stand in the way of all others for as long as the hub keeps it.
            instruments.Skipped();
            await CompleteAsync(cancellationToken);
        }

        throw new UpstreamFaultException($"The receiver of the upstream's queue {queue} is closed.");
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (last is not { } message)
        {
            return ValueTask.CompletedTask;
        }

        try
        {
            link.Accept(message);
            last = null;
            AskForOne();
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is AmqpException or InvalidOperationException)
        {
            throw new UpstreamFaultException($"A message of the upstream's queue {queue} could not be completed, and comes again: {WireErrors.Reason(e)}");
        }
    }

    // Where the connection has just ended the next read says so.
    private void AskForOne()
    {
        try
        {
            link.SetCredit(1, CreditMode.Manual);
        }
        catch (Exception e) when (e is AmqpException or InvalidOperationException)
        {
            arrived.Writer.TryComplete(WireErrors.Ended($"The receiver of the upstream's queue {queue}", link.Error));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0)
        {
            return;
        }

        instruments.Closed();
        arrived.Writer.TryComplete();
        await WireLinks.CloseAsync(link, dialer);
        await WireLinks.CloseAsync(link.Session, dialer);
    }
}
