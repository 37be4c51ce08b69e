using System.Buffers;
using System.Security.Principal;
using Amqp;
using Amqp.Listener;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>
/// A connection's bytes as the library wants them. Frames pass the guard whole; a frame is not read on while an attach is being decided, while the
/// client does not take what is sent to it, or while too much of what it sent is not settled.
/// </summary>
/// <param name="wire">The bytes.</param>
/// <param name="peer">Whose they are.</param>
/// <param name="maxInFlight">Bytes of messages from the client that are not settled; at this many the connection is not read on until half are.</param>
/// <param name="clock">For a client that does not read.</param>
internal sealed class PipeTransport(Wire wire, Peer peer, int maxInFlight, TimeProvider clock) : IAsyncTransport, IAuthenticated
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task hold = Task.CompletedTask;
    private Task flush = Task.CompletedTask;
    private bool hasHeader;
    private int closed;

    public FrameGuard Guard { get; } = new(() => peer.IsProved);

    /// <summary>To the client.</summary>
    public Backlog Backlog { get; } = new(AmqpLimits.BacklogStop, AmqpLimits.BacklogResume);

    /// <summary>From the client.</summary>
    public Backlog InFlight { get; } = new(maxInFlight, maxInFlight / 2);

    /// <summary>Completes once the library is through with the connection.</summary>
    public Task Ended => ended.Task;

    public IPrincipal Principal => peer;

    /// <summary>From the read loop: no further frame is read before <paramref name="done"/>, which must not fail.</summary>
    public void Hold(Task done) => hold = done;

    public void SetConnection(Connection connection)
    {
    }

    // The library asks for 8 bytes once, then for each frame 4 bytes, and the rest into the same array behind them.
    public async Task<int> ReceiveAsync(byte[] buffer, int offset, int count)
    {
        if (!hasHeader)
        {
            // Not on the library's accept loop, which would serve everything that is buffered already.
            await Task.Yield();
            hasHeader = true;
            return await ReadAsync(buffer.AsMemory(offset, count));
        }

        if (offset > 0)
        {
            var received = await ReadAsync(buffer.AsMemory(offset, count));
            if (received > 0)
            {
                Guard.Inspect(buffer.AsSpan(0, offset + count));
            }

            return received;
        }

        await hold;
        await InFlight.WaitAsync();
        await Volatile.Read(ref flush);
        var got = await ReadAsync(buffer.AsMemory(0, count));
        if (got > 0)
        {
            FrameGuard.CheckSize(buffer.AsSpan(0, count));
        }

        return got;
    }

    public Task SendAsync(IList<ByteBuffer> bufferList, int listSize)
    {
        var sending = WriteAsync(bufferList);

        // Who reads waits for it, and must not see its fault, which the library gets.
        Volatile.Write(ref flush, sending.IsCompleted ? Task.CompletedTask : sending.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default));
        return sending;
    }

    public void Send(ByteBuffer buffer) => throw new NotSupportedException("The library sends by SendAsync.");

    public int Receive(byte[] buffer, int offset, int count) => throw new NotSupportedException("The library receives by ReceiveAsync.");

    public void Close()
    {
        if (Interlocked.Exchange(ref closed, 1) == 0)
        {
            Backlog.End();
            InFlight.End();
            wire.Input.CancelPendingRead();
            ended.TrySetResult();
        }
    }

    private async Task<int> ReadAsync(Memory<byte> memory)
    {
        while (Volatile.Read(ref closed) == 0)
        {
            var read = await wire.Input.ReadAsync();
            if (read.Buffer.Length >= memory.Length)
            {
                var bytes = read.Buffer.Slice(0, memory.Length);
                bytes.CopyTo(memory.Span);
                wire.Input.AdvanceTo(bytes.End);
                return memory.Length;
            }

            wire.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return 0;
            }
        }

        return 0;
    }

    private async Task WriteAsync(IList<ByteBuffer> buffers)
    {
        var payload = 0;
        foreach (var buffer in buffers)
        {
            var bytes = buffer.Buffer.AsSpan(buffer.Offset, buffer.Length);
            payload += OutgoingFrame.PayloadOf(bytes);
            if (OutgoingFrame.IsForTheClient(bytes))
            {
                wire.Output.Write(bytes);
            }
        }

        try
        {
            var flushing = wire.Output.FlushAsync();
            var result = flushing.IsCompleted ? await flushing : await flushing.AsTask().WaitAsync(AmqpLimits.FlushTime, clock);
            if (result.IsCompleted)
            {
                throw new IOException("The client has gone.");
            }
        }
        catch (TimeoutException)
        {
            wire.Abort();
            throw;
        }

        Backlog.Remove(payload);
    }
}
