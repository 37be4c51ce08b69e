using System.Collections.Immutable;
using System.Threading.Channels;
using Amqp;
using Muster.Errors;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>
/// Reads a partition ahead by two batches, or by as much as a bounded number of bytes is by what its events weighed lately: credit is given as events
/// are taken.
/// </summary>
internal sealed class UpstreamReceiver : IUpstreamReceiver
{
    private const int MaxBytesAhead = 16 * 1024 * 1024;

    // What an event weighs besides its body; and what the first ones are taken to weigh.
    private const int Overhead = 512;
    private const int FirstWeight = 64 * 1024;

    private readonly ReceiverLink link;
    private readonly int partition;
    private readonly string what;
    private readonly int maxAhead;
    private readonly WireDialer dialer;
    private readonly UpstreamInstruments instruments;
    private readonly Channel<Message> arrived;
    private int weight = FirstWeight;
    private int ahead;
    private int isDisposed;

    /// <param name="link">Open, and without credit yet.</param>
    /// <param name="what">The receiver, as the subject of a sentence.</param>
    /// <param name="batch">Half of what is read ahead.</param>
    public UpstreamReceiver(ReceiverLink link, int partition, string what, int batch, WireDialer dialer, UpstreamInstruments instruments)
    {
        (this.link, this.partition, this.what, maxAhead) = (link, partition, what, 2 * batch);
        (this.dialer, this.instruments) = (dialer, instruments);
        arrived = Channel.CreateBounded<Message>(new BoundedChannelOptions(maxAhead) { SingleReader = true });
        instruments.Opened();
        link.AddClosedCallback((_, error) => arrived.Writer.TryComplete(WireErrors.Ended(what, error)));
        link.Start(0, OnMessage);
        GiveCredit();
    }

    /// <summary>Events that have come and were not taken yet.</summary>
    internal int Buffered => arrived.Reader.Count;

    public async ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int maxEvents, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxEvents);
        var events = ImmutableArray.CreateBuilder<StoredEvent>();
        while (await arrived.Reader.WaitToReadAsync(cancellationToken))
        {
            while (events.Count < maxEvents && arrived.Reader.TryRead(out var message))
            {
                Take(message, events);
            }

            GiveCredit();
            if (events.Count > 0)
            {
                return events.DrainToImmutable();
            }
        }

        throw new UpstreamFaultException($"The receiver of the upstream's partition {partition} is closed.");
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

    // On the connection's own reader, which must neither wait nor fail.
    private void OnMessage(IReceiverLink receiver, Message message)
    {
        if (!arrived.Writer.TryWrite(message))
        {
            arrived.Writer.TryComplete(new UpstreamFaultException($"The upstream sent more of partition {partition} than it was asked for."));
            link.Close(TimeSpan.Zero);
        }
    }

    private void Take(Message message, ImmutableArray<StoredEvent>.Builder events)
    {
        ahead--;
        if (EventDecoder.Decode(message, partition) is { } read)
        {
            weight = ((weight * 15) + read.Body.Length + Overhead) / 16;
            events.Add(read);
        }
        else
        {
            instruments.Skipped();
        }
    }

    private void GiveCredit()
    {
        var window = Math.Clamp(MaxBytesAhead / Math.Max(1, weight), 1, maxAhead);
        if (window - ahead is var more && more >= Math.Max(1, window / 4) && !link.IsClosed)
        {
            ahead += more;
            try
            {
                link.SetCredit(more, CreditMode.Manual);
            }
            catch (Exception e) when (e is AmqpException or InvalidOperationException)
            {
                // The connection has just ended: what is here is good, and the next read says so.
                arrived.Writer.TryComplete(WireErrors.Ended(what, link.Error));
            }
        }
    }
}
