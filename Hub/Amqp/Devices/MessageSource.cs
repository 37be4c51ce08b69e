using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Errors;
using Muster.Sessions;

namespace Muster.Amqp;

/// <summary>
/// Messages to a device on one link: accepted completes, released abandons, rejected rejects, and what is not settled within the lock time is taken back.
/// How many are unsettled at once is the device grain's to say, and the client's by its credit.
/// </summary>
internal sealed partial class MessageSource(DeviceLinks session, TimeSpan lockTime) : IMessageSource
{
    /// <summary>From the word that the client has room to the end of a drain: within it the device grain sends what it has.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly Dictionary<long, Delivery> deliveries = [];
    private readonly List<Delivery> leftOver = [];
    private bool wantsMore;

    /// <summary>Null before the attach.</summary>
    public ISourcePort? Port { get; private set; }

    /// <summary>As <see cref="ISession.PushMessages"/>.</summary>
    public MessagesTaken Push(ImmutableArray<LockedMessage> messages)
    {
        lock (gate)
        {
            var taken = 0;
            while (taken < messages.Length && Take(messages[taken]))
            {
                taken++;
            }

            wantsMore |= taken < messages.Length;
            return new MessagesTaken(taken == messages.Length ? SessionDelivery.Accepted : SessionDelivery.QueueFull, taken);
        }
    }

    public void OnAttached(ISourcePort port)
    {
        Port = port;
        session.Attached(port);
    }

    public void OnCredit()
    {
        bool wants;
        lock (gate)
        {
            wants = wantsMore && Port!.Room > 0;
            wantsMore &= !wants;
        }

        if (wants)
        {
            _ = WantAsync();
        }
        else
        {
            Port!.CompleteDrain();
        }
    }

    public void OnSettled(object? tag, DeliveryOutcome outcome)
    {
        var delivery = (Delivery)tag!;
        lock (gate)
        {
            session.Services.Wheel.Cancel(delivery);

            // The end of a link gives back what it held: if it is the session's end too, the grain knows without being told.
            if (outcome == DeliveryOutcome.Released && Port!.IsClosed)
            {
                leftOver.Add(delivery);
                return;
            }
        }

        Settle(delivery, outcome);
    }

    public void OnClosed()
    {
        if (session.LeaveSource(this, Port))
        {
            leftOver.ForEach(delivery => Settle(delivery, DeliveryOutcome.Released));
        }
    }

    private bool Take(LockedMessage message)
    {
        if (deliveries.TryGetValue(message.SequenceNumber, out var known))
        {
            known.Token = message.LockToken;
            return true;
        }

        var delivery = new Delivery(this, message.SequenceNumber) { Token = message.LockToken };
        if (Port is not { Room: > 0 } port || !port.TrySend(CloudMessageEncoder.Encode(session.GrainKey, message), delivery))
        {
            return false;
        }

        deliveries[message.SequenceNumber] = delivery;
        session.Services.Wheel.Schedule(delivery, lockTime);
        session.Services.Instruments.MessageSent();
        return true;
    }

    private void Settle(Delivery delivery, DeliveryOutcome outcome)
    {
        lock (gate)
        {
            if (delivery.IsSettling)
            {
                return;
            }

            delivery.IsSettling = true;
            if (outcome == DeliveryOutcome.Released)
            {
                // It may be lent again before the answer is here, and is another delivery then.
                Forget(delivery);
            }
        }

        _ = SettleAsync(delivery, outcome switch
        {
            DeliveryOutcome.Accepted => MessageOutcome.Complete,
            DeliveryOutcome.Rejected => MessageOutcome.Reject,
            _ => MessageOutcome.Abandon,
        });
    }

    private async Task SettleAsync(Delivery delivery, MessageOutcome outcome)
    {
        try
        {
            for (Guid token = default, newest; (newest = TokenOf(delivery)) != token;)
            {
                // Lent again while it was settled, its grain having forgotten the first time: then the newer token settles it.
                var given = token = newest;
                var reply = await session.Services.Calls.CallAsync(
                    session.GrainKey, Repeat.Always, () => session.Device.SettleMessageAsync(given, outcome));
                if (reply is not SettleMessageReply.Refused { Why.Code: HubErrorCode.DeviceMessageLockLost })
                {
                    break;
                }
            }

            lock (gate)
            {
                Forget(delivery);
            }
        }
        catch (Exception e)
        {
            // Nobody else hears of it. Whether it is settled is unknown: if it is not, the next connection gets it again.
            LogNotSettled(session.Services.Logger, session.GrainKey, e);
            session.Close(SessionEnd.NotStored);
        }
    }

    private async Task WantAsync()
    {
        try
        {
            await session.Services.Calls.CallAsync(session.GrainKey, Repeat.Always, async () =>
            {
                await session.Device.WantMessagesAsync(session.Reference!);
                return true;
            });
            if (Port!.IsDraining)
            {
                // What there is comes on a way of its own; there may be nothing any more.
                await Task.Delay(DrainTime, session.Services.Clock);
                Port.CompleteDrain();
            }
        }
        catch (Exception e)
        {
            LogNotAsked(session.Services.Logger, session.GrainKey, e);
            session.Close(SessionEnd.ChangeMissed);
        }
    }

    private Guid TokenOf(Delivery delivery)
    {
        lock (gate)
        {
            return delivery.Token;
        }
    }

    private void Forget(Delivery delivery)
    {
        if (deliveries.TryGetValue(delivery.Sequence, out var now) && now == delivery)
        {
            deliveries.Remove(delivery.Sequence);
        }
    }

    [LoggerMessage(EventId = 8204, Level = LogLevel.Warning, Message = "A message that device {DeviceId} settled over AMQP could not be settled")]
    private static partial void LogNotSettled(ILogger logger, string deviceId, Exception exception);

    [LoggerMessage(EventId = 8205, Level = LogLevel.Warning, Message = "Messages for device {DeviceId}, which has room again, could not be asked for")]
    private static partial void LogNotAsked(ILogger logger, string deviceId, Exception exception);

    /// <summary>One message on its way; in the wheel until its lock time is over.</summary>
    private sealed class Delivery(MessageSource owner, long sequence) : WheelEntry
    {
        public long Sequence => sequence;

        public Guid Token { get; set; }

        public bool IsSettling { get; set; }

        protected internal override void OnDue() => owner.Settle(this, DeliveryOutcome.Released);
    }
}
