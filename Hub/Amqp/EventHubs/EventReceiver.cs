using System.Buffers;
using Muster.Amqp;
using Muster.Events;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary>
/// Sends one partition's events to one link, from an offset on. A loop without a thread of its own waits for the client's credit, for room on its
/// connection, and for the log.
/// </summary>
#pragma warning disable CA1001 // Its cancellation has no timer: there is nothing to give back, and others may cancel late.
internal sealed class EventReceiver(ReceiverServices services, ReceiverSpec spec) : IMessageSource
#pragma warning restore CA1001
{
    private readonly Signal credit = new();
    private readonly CancellationTokenSource closed = new();
    private readonly ArrayBufferWriter<byte> scratch = new(spec.WantsRuntimeInfo ? 2048 : 256);
    private ISourcePort? port;
    private LinkError? ended;
    private long next = spec.Start;
    private EncodedPage? page;
    private Task? arrival;
    private Task? flow;

    internal ReceiverSpec Spec => spec;

    /// <summary>UTC, the silo's clock.</summary>
    internal DateTimeOffset MadeAt { get; } = services.Clock.GetUtcNow();

    /// <summary>True once its client knows of it.</summary>
    internal bool IsAttached => Volatile.Read(ref port) is not null;

    public void OnAttached(ISourcePort port)
    {
        // A full fence, as in Detach: of the two, one at least sees what the other wrote.
        Interlocked.Exchange(ref this.port, port);
        if (Volatile.Read(ref ended) is { } error)
        {
            port.Detach(error);
        }
        else
        {
            _ = RunAsync(port);
        }
    }

    public void OnCredit() => credit.Set();

    public void OnSettled(object? tag, DeliveryOutcome outcome)
    {
        // Reading takes nothing away: what a client says of an event changes nothing.
    }

    public void OnClosed()
    {
        closed.Cancel();
        services.Receivers.Remove(this);
    }

    /// <summary>Ends the link, also one that is still on its way. Idempotent.</summary>
    internal void Detach(LinkError error)
    {
        Interlocked.CompareExchange(ref ended, error, null);
        Volatile.Read(ref port)?.Detach(error);
    }

    private async Task RunAsync(ISourcePort link)
    {
        try
        {
            await Task.Yield();
            while (!closed.IsCancellationRequested && !link.IsClosed)
            {
                await (link.Room == 0 ? WaitForCreditAsync(link) : StepAsync(link));
            }
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
        }
        catch (EventLogException e)
        {
            // The client attaches again, and again until the log can be read.
            services.LogUnreadable(e, spec.Partition, spec.Group);
            Detach(new LinkError(LinkConditions.InternalError, "The event log cannot be read now. Try again."));
        }
        catch (Exception e)
        {
            services.LogFailed(e, spec.Partition, spec.Group);
            Detach(new LinkError(LinkConditions.InternalError, "The receiver failed."));
        }
    }

    private async Task StepAsync(ISourcePort link)
    {
        if (page?.Holds(next) != true && (page = await services.Pages.ReadAsync(spec.Group, spec.Partition, next, closed.Token)) is null)
        {
            await WaitForNewsAsync(link);
            return;
        }

        next = Math.Max(next, page.FirstOffset);
        scratch.ResetWrittenCount();
        if (spec.WantsRuntimeInfo)
        {
            EventEncoder.WriteRuntimeInfo(scratch, services.Log.Describe(spec.Partition), services.Clock.GetUtcNow());
        }

        var prefix = scratch.WrittenCount;
        while (page.Holds(next) && link.Room > 0)
        {
            await link.WaitForRoomAsync();
            if (!Send(link, prefix))
            {
                return;
            }
        }
    }

    private bool Send(ISourcePort link, int prefix)
    {
        var encoded = page![next];
        if (encoded.Length == 0)
        {
            next++;
            return true;
        }

        if (!(prefix > 0 ? link.TrySend(Prefixed(prefix, encoded)) : link.TrySend(encoded)))
        {
            return false;
        }

        next++;
        return true;
    }

    // What stood behind the prefix is forgotten, the prefix itself is still there.
    private ReadOnlySpan<byte> Prefixed(int prefix, byte[] encoded)
    {
        scratch.ResetWrittenCount();
        scratch.Advance(prefix);
        scratch.Write(encoded);
        return scratch.WrittenSpan;
    }

    private Task WaitForCreditAsync(ISourcePort link)
    {
        link.CompleteDrain();
        return Flow();
    }

    // The same wait until it has come, and that one to be seen once: a partition may have much news while its client has nothing to say.
    private Task Flow()
    {
        var wait = flow ?? credit.WaitAsync(closed.Token);
        flow = wait.IsCompleted ? null : wait;
        return wait;
    }

    private async Task WaitForNewsAsync(ISourcePort link)
    {
        // Where all up to here was trimmed and nothing came since, the next event is the log's to name.
        next = Math.Max(next, services.Log.Describe(spec.Partition).FirstOffset);
        link.CompleteDrain();
        arrival ??= services.Log.WaitForAsync(spec.Partition, next, closed.Token).AsTask();
        await Task.WhenAny(arrival, Flow());
        if (arrival.IsCompleted)
        {
            var came = arrival;
            arrival = null;
            await came;
        }
    }
}

/// <summary>What a receiver link asked for, understood.</summary>
/// <param name="Reference">How other silos know it.</param>
/// <param name="Group">The consumer group, as the client wrote it.</param>
/// <param name="Partition">0 to 31.</param>
/// <param name="Epoch">Its owner level; null for none.</param>
/// <param name="Start">The first offset to be sent.</param>
/// <param name="WantsRuntimeInfo">Whether each event is to say how far the partition has come.</param>
internal sealed record ReceiverSpec(ReceiverRef Reference, string Group, int Partition, long? Epoch, long Start, bool WantsRuntimeInfo);
