using System.Buffers;
using Muster.Telemetry;

namespace Muster.Amqp;

/// <summary>
/// Messages of one link on their way into the event log. What comes while an append is under way becomes the next one, so that a fast sender shares the
/// cost of the disk, and one message alone does not wait. Thread-safe.
/// </summary>
/// <param name="log">Where they go.</param>
/// <param name="origin">Whose they are.</param>
/// <param name="instruments">Counts them.</param>
/// <param name="onRefused">The log refused: nothing is taken any more.</param>
internal sealed class TelemetryQueue(IEventLog log, EventOrigin origin, HubInstruments instruments, Action onRefused)
{
    private const int KeptBytes = 64 * 1024;

    private readonly Lock gate = new();
    private List<IncomingMessage> waiting = [];
    private ArrayBufferWriter<byte> records = new();
    private int recordCount;
    private bool isAppending;
    private bool isBroken;

    /// <summary>Takes the message; it is accepted once it is durable, rejected if it is not one, and released if the log refuses.</summary>
    public void Add(IncomingMessage message)
    {
        lock (gate)
        {
            if (isBroken)
            {
                message.Release();
                return;
            }

            if (TelemetryMessage.Write(message.Message, origin, records, out var count) is { } why)
            {
                message.Reject(LinkError.From(why));
                return;
            }

            waiting.Add(message);
            recordCount += count;
            if (isAppending)
            {
                return;
            }

            isAppending = true;
        }

        _ = AppendAsync();
    }

    private async Task AppendAsync()
    {
        var (taken, bytes) = (new List<IncomingMessage>(), new ArrayBufferWriter<byte>());
        while (Swap(ref taken, ref bytes) is > 0 and var count)
        {
            instruments.Telemetry(count, bytes.WrittenCount);
            if (await TryAppendAsync(bytes.WrittenMemory, count))
            {
                taken.ForEach(static message => message.Accept());
            }
            else
            {
                Break(taken);
            }
        }
    }

    private async Task<bool> TryAppendAsync(ReadOnlyMemory<byte> bytes, int count)
    {
        try
        {
            await log.AppendAsync(origin.Partition, bytes, count);
            return true;
        }
        catch (Exception e) when (e is EventLogException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    // Takes what has gathered, and gives what was used for the next. How many records it is.
    private int Swap(ref List<IncomingMessage> taken, ref ArrayBufferWriter<byte> bytes)
    {
        taken.Clear();
        bytes.ResetWrittenCount();
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                isAppending = false;

                // An idle link owns no buffer to speak of.
                records = records.Capacity > KeptBytes ? new() : records;
                return 0;
            }

            (taken, waiting) = (waiting, taken);
            (bytes, records) = (records, bytes);
            (var count, recordCount) = (recordCount, 0);
            return count;
        }
    }

    // Behind messages that were not stored nothing is accepted: the device sends it all again, in order.
    private void Break(List<IncomingMessage> refused)
    {
        lock (gate)
        {
            isBroken = true;
            refused.AddRange(waiting);
            waiting.Clear();
        }

        refused.ForEach(static message => message.Release());
        onRefused();
    }
}
