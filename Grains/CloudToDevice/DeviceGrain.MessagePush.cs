using System.Collections.Immutable;
using Muster.CloudToDevice;
using Muster.Sessions;

namespace Muster.Devices;

/// <summary>How a session gets its device's messages: by one call at a time, so that they come in order, and not more than it may have unsettled.</summary>
internal sealed partial class DeviceGrain
{
    /// <summary>Messages that a session may have unsettled.</summary>
    private const int MaxLent = 16;

    /// <summary>Bytes of one call, unless a message alone has more.</summary>
    private const int MaxPushedBytes = 64 * 1024;

    private bool isPushing;
    private bool mustPushAgain;
    private IGrainTimer? lapse;

    public Task WantMessagesAsync(SessionRef session)
    {
        if (committed?.Session.Current == session)
        {
            PushMessages();
        }

        return Task.CompletedTask;
    }

    private void PushMessages()
    {
        if (committed is not { Messages: not null, Session: { Current: not null } session } || !session.Subscriptions.HasFlag(SessionSubscriptions.CloudToDevice))
        {
            return;
        }

        mustPushAgain = true;
        if (!isPushing)
        {
            PushAllAsync().Ignore();
        }
    }

    // What was lent to a device that asked is free when its lock lapses, and the locks are known here alone: nothing else would tell a session of it.
    private void PushAtLapse(DateTimeOffset now)
    {
        if (lapse is null && locks?.NextLapse(now) is { } at)
        {
            lapse = this.RegisterGrainTimer(
                OnLapseAsync, new GrainTimerCreationOptions(at - now, Timeout.InfiniteTimeSpan) { Interleave = true });
        }
    }

    private async Task OnLapseAsync(CancellationToken cancellationToken)
    {
        lapse?.Dispose();
        lapse = null;
        PushAtLapse(Now());
        await SweepMessagesAsync();
        PushMessages();
    }

    private async Task PushAllAsync()
    {
        isPushing = true;
        try
        {
            while (mustPushAgain)
            {
                mustPushAgain = false;
                while (!IsBroken && Borrow() is ({ } session, { Length: > 0 } messages))
                {
                    if (await PushAsync(session, messages) < messages.Length)
                    {
                        // It says when it has room: by settling what it has, or by asking.
                        break;
                    }
                }
            }
        }
        finally
        {
            isPushing = false;
        }
    }

    private (SessionRef? Session, ImmutableArray<LockedMessage> Messages) Borrow()
    {
        if (committed is not { Session.Current: { } session } || head?.Session.Current != session
            || !committed.Session.Subscriptions.HasFlag(SessionSubscriptions.CloudToDevice))
        {
            return (null, []);
        }

        var now = Now();
        SweepMessagesAsync().Ignore();
        locks ??= new MessageLocks();
        var room = MaxLent - locks.CountHeldBy(session.Epoch, new CloudQueue(committed.Messages).Messages);
        var bytes = 0;
        var free = Free(committed, now).Take(Math.Max(0, room))
            .TakeWhile(message => (bytes += message.Bytes.Length) <= MaxPushedBytes || bytes == message.Bytes.Length).ToArray();
        return (session, [.. free.Select(message => locks.Take(message, session.Epoch, until: null))]);
    }

    private async Task<int> PushAsync(SessionRef session, ImmutableArray<LockedMessage> messages)
    {
        var taken = 0;
        try
        {
            var reply = services.Sessions.IsDead(session.Silo)
                ? new MessagesTaken(SessionDelivery.Gone, 0)
                : await services.Sessions.At(session.Silo).PushMessagesAsync(session, messages);
            taken = reply.Taken;
            if (reply.Delivery == SessionDelivery.Gone)
            {
                DetachAsync(session).Ignore();
            }
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            // Whether it has them is unknown: it ends, and its successor gets them. Should it live on, it knows those that it has already.
            LogMessagesNotPushed(services.Logger, GrainKey, e);
            Close(session, SessionCloseReason.ChangeMissed);
        }

        foreach (var message in messages.Skip(taken))
        {
            locks?.Untake(message);
        }

        return taken;
    }
}
