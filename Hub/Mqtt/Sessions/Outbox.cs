using System.Buffers;
using System.IO.Pipelines;

namespace Muster.Mqtt;

/// <summary>What became of a packet that was to be sent.</summary>
internal enum SendResult
{
    Accepted = 0,

    /// <summary>Too much waits already: the device does not read.</summary>
    Full = 1,

    /// <summary>The connection has ended.</summary>
    Closed = 2,
}

/// <summary>
/// The way out of one connection. Anyone may write; packets leave whole, in the order in which they were written, and what is written between
/// two flushes leaves with one. What comes while a flush is under way is set aside, up to a bound.
/// </summary>
internal sealed class Outbox(PipeWriter writer, int maxMessages, int maxBytes) : IThreadPoolWorkItem
{
    private readonly Lock gate = new();
    private ArrayBufferWriter<byte>? aside;
    private int unsentMessages;
    private int unsentBytes;
    private bool flushing;
    private bool flushScheduled;
    private bool closed;
    private TaskCompletionSource? idle;

    /// <summary>Writes an answer; only bytes count, as answers are bounded by what was read.</summary>
    public SendResult Answer<T>(T packet)
        where T : IPacket, allows ref struct => Write(packet, messages: 0);

    /// <summary>Writes a message to the device.</summary>
    public SendResult Send<T>(T packet)
        where T : IPacket, allows ref struct => Write(packet, messages: 1);

    /// <summary>Sends what was written. Runs on the caller's thread until the socket makes it wait.</summary>
    public void Flush()
    {
        lock (gate)
        {
            if (closed || flushing || unsentBytes == 0)
            {
                return;
            }

            flushing = true;
            (unsentBytes, unsentMessages) = (0, 0);
        }

        _ = FlushAllAsync();
    }

    /// <summary>As <see cref="Flush"/>, on another thread: for callers that serve many connections.</summary>
    public void FlushSoon()
    {
        if (!Interlocked.Exchange(ref flushScheduled, true))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref flushScheduled, false);
        Flush();
    }

    /// <summary>Takes no more, and waits until nobody uses the writer.</summary>
    public async Task CloseAsync()
    {
        Flush();
        Task whenIdle;
        lock (gate)
        {
            closed = true;
            whenIdle = flushing ? (idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }

        await whenIdle;
    }

    private SendResult Write<T>(T packet, int messages)
        where T : IPacket, allows ref struct
    {
        var length = packet.Length;
        lock (gate)
        {
            if (closed)
            {
                return SendResult.Closed;
            }

            if (unsentBytes + length > maxBytes || unsentMessages + messages > maxMessages)
            {
                return SendResult.Full;
            }

            if (flushing)
            {
                aside ??= new ArrayBufferWriter<byte>(length);
                packet.Write(aside.GetSpan(length)[..length]);
                aside.Advance(length);
            }
            else
            {
                packet.Write(writer.GetSpan(length)[..length]);
                writer.Advance(length);
            }

            unsentBytes += length;
            unsentMessages += messages;
            return SendResult.Accepted;
        }
    }

    private async Task FlushAllAsync()
    {
        var isOpen = false;
        try
        {
            do
            {
                var result = await writer.FlushAsync();
                isOpen = !result.IsCompleted && !result.IsCanceled;
            }
            while (isOpen && TakeAside());
        }
        catch (Exception e) when (ConnectionErrors.IsConnectionError(e))
        {
            isOpen = false;
        }
        finally
        {
            if (!isOpen)
            {
                Stop();
            }
        }
    }

    private bool TakeAside()
    {
        lock (gate)
        {
            if (aside is null)
            {
                flushing = false;
                idle?.TrySetResult();
                return false;
            }

            writer.Write(aside.WrittenSpan);
            // Not kept: an idle connection owns no buffer.
            aside = null;
            (unsentBytes, unsentMessages) = (0, 0);
            return true;
        }
    }

    private void Stop()
    {
        lock (gate)
        {
            (closed, flushing, aside) = (true, false, null);
            idle?.TrySetResult();
        }
    }
}
