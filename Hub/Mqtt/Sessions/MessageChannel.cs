using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Sessions;

namespace Muster.Mqtt;

/// <summary>
/// Cloud-to-device messages of one connection. With QoS 1 the device's PUBACK completes a message; with QoS 0 it is complete once sent. How many are
/// unsettled at once is the device grain's to say.
/// </summary>
internal sealed partial class MessageChannel(ISession session, IDeviceGrain device, Outbox outbox, AckQueue acks, SessionServices services)
{
    /// <summary>What a message that is being settled counts for in the connection's bounds.</summary>
    private const int SettleBytes = 64;

    /// <summary>Messages that were sent and neither settled nor known to have expired: many times what a device grain lends.</summary>
    private const int MaxKnown = 1024;

    private readonly Lock gate = new();
    private readonly Dictionary<long, Delivery> deliveries = [];
    private readonly Dictionary<ushort, Delivery> byPacket = [];
    private ushort lastPacketId;

    private string Key => device.GetPrimaryKeyString();

    /// <summary>As <see cref="ISession.PushMessages"/>.</summary>
    public MessagesTaken Push(ImmutableArray<LockedMessage> messages, bool atLeastOnce)
    {
        var taken = 0;
        var result = SendResult.Accepted;
        List<Delivery>? sent = null;
        lock (gate)
        {
            ForgetExpired();
            while (taken < messages.Length && result == SendResult.Accepted)
            {
                result = Take(messages[taken], atLeastOnce, out var delivery);
                taken += result == SendResult.Accepted ? 1 : 0;
                if (delivery is not null && !atLeastOnce)
                {
                    (sent ??= []).Add(delivery);
                }
            }

            if (result == SendResult.Full && deliveries.Count is 0 or >= MaxKnown)
            {
                // Nothing that it could acknowledge, and so nothing that would make room known; or so much that it has not acknowledged.
                session.Close(SessionEnd.NotReading);
            }
        }

        outbox.FlushSoon();
        foreach (var delivery in sent ?? [])
        {
            _ = SettleAsync(delivery);
        }

        return new MessagesTaken(DeliveryOf(result), taken);
    }

    /// <summary>The device has a message; what is not known changes nothing.</summary>
    public void Acknowledge(ushort packetId)
    {
        Delivery? delivery;
        lock (gate)
        {
            if (!byPacket.TryGetValue(packetId, out delivery) || delivery.IsSettling)
            {
                return;
            }

            delivery.IsSettling = true;
        }

        _ = SettleAsync(delivery);
    }

    private SendResult Take(LockedMessage message, bool atLeastOnce, out Delivery? made)
    {
        made = null;
        if (deliveries.TryGetValue(message.SequenceNumber, out var known))
        {
            known.Token = message.LockToken;
            return SendResult.Accepted;
        }

        if (deliveries.Count >= MaxKnown)
        {
            return SendResult.Full;
        }

        var packetId = atLeastOnce ? NextPacketId() : (ushort)0;
        var topic = CloudTopic.Of(Key, message.Message);
        var result = outbox.Send(new OutgoingPublish(topic, message.Message.Body.Span, packetId, duplicate: message.DeliveryCount > 0));
        if (result != SendResult.Accepted)
        {
            return result;
        }

        services.Instruments.MessageSent();
        made = new Delivery(message.SequenceNumber, packetId, message.ExpiresAt) { Token = message.LockToken };
        deliveries[message.SequenceNumber] = made;
        if (atLeastOnce)
        {
            byPacket[packetId] = made;
        }

        return SendResult.Accepted;
    }

    // Nobody waits for them any more, and neither does the device's queue know them.
    private void ForgetExpired()
    {
        var now = services.Clock.GetUtcNow();
        foreach (var delivery in deliveries.Values.Where(delivery => delivery.ExpiresAt <= now && !delivery.IsSettling).ToList())
        {
            deliveries.Remove(delivery.Sequence);
            byPacket.Remove(delivery.PacketId);
        }
    }

    // Far fewer than there are ids are taken.
    private ushort NextPacketId()
    {
        do
        {
            lastPacketId = lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(lastPacketId + 1);
        }
        while (byPacket.ContainsKey(lastPacketId));
        return lastPacketId;
    }

    private async Task SettleAsync(Delivery delivery)
    {
        acks.BeginRequest(SettleBytes);
        try
        {
            for (var settled = false; !settled;)
            {
                var token = TokenOf(delivery);
                var reply = await services.Calls.CallAsync(Key, Repeat.Always, () => device.SettleMessageAsync(token, MessageOutcome.Complete));

                // Lent again while it was settled, its grain having forgotten the first time: then the newer token settles it.
                settled = TryForget(delivery, reply is SettleMessageReply.Refused { Why.Code: HubErrorCode.DeviceMessageLockLost } ? token : null);
            }
        }
        catch (Exception e)
        {
            // Nobody else hears of it. Whether it is settled is unknown: if it is not, the next connection gets it again.
            LogNotSettled(services.Logger, Key, e);
            session.Close(SessionEnd.NotStored);
        }
        finally
        {
            acks.EndRequest(SettleBytes);
        }
    }

    private Guid TokenOf(Delivery delivery)
    {
        lock (gate)
        {
            return delivery.Token;
        }
    }

    /// <summary>False if the message has another token by now than <paramref name="lost"/>, the one that did not settle it.</summary>
    private bool TryForget(Delivery delivery, Guid? lost)
    {
        lock (gate)
        {
            if (lost is { } token && delivery.Token != token)
            {
                return false;
            }

            deliveries.Remove(delivery.Sequence);
            byPacket.Remove(delivery.PacketId);
            return true;
        }
    }

    private static SessionDelivery DeliveryOf(SendResult result) => result switch
    {
        SendResult.Accepted => SessionDelivery.Accepted,
        SendResult.Full => SessionDelivery.QueueFull,
        _ => SessionDelivery.Gone,
    };

    [LoggerMessage(EventId = 8011, Level = LogLevel.Warning, Message = "A message that device {DeviceId} took could not be settled")]
    private static partial void LogNotSettled(ILogger logger, string deviceId, Exception exception);

    private sealed class Delivery(long sequence, ushort packetId, DateTimeOffset expiresAt)
    {
        public long Sequence => sequence;

        /// <summary>0 with QoS 0.</summary>
        public ushort PacketId => packetId;

        public DateTimeOffset ExpiresAt => expiresAt;

        public Guid Token { get; set; }

        public bool IsSettling { get; set; }
    }
}
