using Muster.Errors;
using Muster.Json;
using Muster.Methods;

namespace Muster.Sessions;

/// <summary>The direct methods that one session has not answered yet. Each answer finds its call by request id, in this session only.</summary>
internal sealed class PendingMethods(TimerWheel wheel, int maxPending)
{
    // Shared by all sessions, so that an answer to a call of an earlier connection never meets a later call.
    private static long lastRequestId;

    private readonly Dictionary<long, PendingCall> calls = [];
    private bool closed;

    /// <summary>True while as many are pending as may be; false once the session has ended.</summary>
    public bool IsFull
    {
        get
        {
            lock (calls)
            {
                return !closed && calls.Count >= maxPending;
            }
        }
    }

    /// <summary>Null: too many are pending, or the session has ended. Else <see cref="PendingCall.Answer"/> will complete.</summary>
    public PendingCall? Begin(TimeSpan responseTimeout)
    {
        var call = new PendingCall(Interlocked.Increment(ref lastRequestId), this);
        lock (calls)
        {
            if (closed || calls.Count >= maxPending)
            {
                return null;
            }

            calls.Add(call.RequestId, call);
        }

        wheel.Schedule(call, responseTimeout);
        return call;
    }

    /// <summary>The request was not sent after all.</summary>
    public void Forget(PendingCall call) => Take(call.RequestId);

    /// <summary>An answer that nobody waits for (any more) is ignored.</summary>
    public void Answer(long requestId, int status, JsonUtf8 payload)
    {
        if (Take(requestId) is { } call)
        {
            call.Complete(new MethodReply.Answered(status, payload));
        }
    }

    public void Refuse(long requestId, Refusal why)
    {
        if (Take(requestId) is { } call)
        {
            call.Complete(new MethodReply.Refused(why));
        }
    }

    /// <summary>The session ended: whether the device ran what it was asked is not known.</summary>
    public void Close()
    {
        PendingCall[] lost;
        lock (calls)
        {
            closed = true;
            lost = [.. calls.Values];
            calls.Clear();
        }

        foreach (var call in lost)
        {
            wheel.Cancel(call);
            call.Complete(new MethodReply.Refused(new Refusal(HubErrorCode.GatewayTimeout, "The device disconnected before it answered.")));
        }
    }

    private PendingCall? Take(long requestId)
    {
        PendingCall? call;
        lock (calls)
        {
            calls.Remove(requestId, out call);
        }

        if (call is not null)
        {
            wheel.Cancel(call);
        }

        return call;
    }

    /// <summary>One call; in the wheel until its response time-out.</summary>
    internal sealed class PendingCall(long requestId, PendingMethods owner) : WheelEntry
    {
        private readonly TaskCompletionSource<MethodReply?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long RequestId { get; } = requestId;

        public Task<MethodReply?> Answer => answer.Task;

        public void Complete(MethodReply reply) => answer.TrySetResult(reply);

        protected internal override void OnDue() =>
            owner.Refuse(RequestId, new Refusal(HubErrorCode.GatewayTimeout, "Timed out waiting for the response from device."));
    }
}
