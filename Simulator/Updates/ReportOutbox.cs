using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>
/// Reports on their way to the hub, in order. Each is sent until the hub has acknowledged it, over as many connections as that takes.
/// </summary>
internal sealed class ReportOutbox(FleetCounters counters, TimeProvider clock)
{
    /// <summary>Reports that wait at most; the oldest give way.</summary>
    internal const int Capacity = 64;

    private const int NoContent = 204;
    private const int BadRequest = 400;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Lock turn = new();
    private readonly LinkedList<byte[]> waiting = [];
    private Line? line;
    private Task sending = Task.CompletedTask;

    /// <summary>Ends when nothing waits any more, or nothing can be sent.</summary>
    internal Task Idle
    {
        get
        {
            lock (turn)
            {
                return sending;
            }
        }
    }

    internal void Add(JsonObject patch)
    {
        lock (turn)
        {
            waiting.AddLast(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(patch));
            if (waiting.Count > Capacity)
            {
                waiting.RemoveFirst();
            }

            Start();
        }
    }

    /// <summary>Sends what waits over this connection, and what comes later.</summary>
    /// <param name="send">Answers with the hub's status once it has acknowledged a patch.</param>
    /// <param name="ended">When the connection has ended.</param>
    internal void Attach(Func<byte[], CancellationToken, Task<int>> send, CancellationToken ended)
    {
        lock (turn)
        {
            line = new(send, ended);
            Start();
        }
    }

    /// <summary>Keeps what comes, until there is another connection.</summary>
    internal void Detach()
    {
        lock (turn)
        {
            line = null;
        }
    }

    private sealed record Line(Func<byte[], CancellationToken, Task<int>> Send, CancellationToken Ended);

    private void Start()
    {
        if (sending.IsCompleted && waiting.Count > 0 && line is { Ended.IsCancellationRequested: false })
        {
            sending = SendAsync();
        }
    }

    private async Task SendAsync()
    {
        // The lock is the caller's until here.
        await Task.Yield();
        while (Next() is var (patch, open))
        {
            try
            {
                var status = await open.Send(patch, open.Ended);
                if (status is NoContent or BadRequest)
                {
                    Remove(patch);
                    continue;
                }

                counters.OnFailure($"a report was answered {status}");
            }
            catch (Exception exception) when (exception is OperationCanceledException || WireFailure.Is(exception))
            {
                counters.OnFailure(exception.Message);
            }

            await Task.Delay(Pause, clock, CancellationToken.None);
        }
    }

    // Null ends the loop, and is decided under the lock: whoever adds one after that starts another.
    private (byte[] Patch, Line Line)? Next()
    {
        lock (turn)
        {
            if (line is { Ended.IsCancellationRequested: false } open && waiting.First is { Value: var patch })
            {
                return (patch, open);
            }

            sending = Task.CompletedTask;
            return null;
        }
    }

    private void Remove(byte[] patch)
    {
        lock (turn)
        {
            waiting.Remove(patch);
        }
    }
}
