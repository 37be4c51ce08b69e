using System.Buffers;
using System.Collections.Immutable;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Errors;
using Muster.Methods;
using Muster.Sessions;
using Muster.Twins;

namespace Muster.Mqtt;

/// <summary>What the cluster has for the device.</summary>
internal sealed partial class DeviceSession
{
    private static readonly Task<MethodReply?> NotListening = Task.FromResult<MethodReply?>(new MethodReply.Refused(
        new Refusal(HubErrorCode.DeviceNotOnline, "The device is connected, but does not listen to direct methods.")));

    private static readonly Task<MethodReply?> NotTaking = Task.FromResult<MethodReply?>(new MethodReply.Refused(
        new Refusal(HubErrorCode.DeviceNotOnline, "The device is connected, but cannot take another request now.")));

    private static readonly Task<MethodReply?> TooMany = Task.FromResult<MethodReply?>(new MethodReply.Refused(
        new Refusal(HubErrorCode.ThrottlingException, "The device has too many method calls to answer. Try again later.")));

    private PendingMethods? methods;
    private MessageChannel? messages;

    public Task<MethodReply?> InvokeMethodAsync(MethodCall call)
    {
        if ((Subscriptions & SessionSubscriptions.Methods) == 0)
        {
            return NotListening;
        }

        var pending = Methods().Begin(call.ResponseTimeout);
        if (pending is null)
        {
            return Methods().IsFull ? TooMany : NotTaking;
        }

        var topic = new HubTopicWriter(stackalloc byte[HubTopicWriter.MaxBytes]);
        topic.MethodRequest(call.Name, pending.RequestId);
        if (outbox.Send(new OutgoingPublish(topic.Written, call.Payload.Span)) != SendResult.Accepted)
        {
            Methods().Forget(pending);
            return NotTaking;
        }

        services.Instruments.MethodSent();
        outbox.FlushSoon();
        return pending.Answer;
    }

    public SessionDelivery PushDesired(DesiredChange change)
    {
        ToldOf(change.Version);
        if ((Subscriptions & SessionSubscriptions.DesiredChanges) == 0)
        {
            return SessionDelivery.NotSubscribed;
        }

        var topic = new HubTopicWriter(stackalloc byte[HubTopicWriter.MaxBytes]);
        topic.DesiredChange(change.Version);
        switch (outbox.Send(new OutgoingPublish(topic.Written, change.Patch.Span)))
        {
            case SendResult.Accepted:
                outbox.FlushSoon();
                return SessionDelivery.Accepted;
            case SendResult.Full:
                // A device that missed a change must learn of it: it reads its twin when it connects again.
                Close(SessionEnd.NotReading);
                return SessionDelivery.QueueFull;
            default:
                return SessionDelivery.Gone;
        }
    }

    public MessagesTaken PushMessages(ImmutableArray<LockedMessage> pushed)
    {
        var listens = Subscriptions;
        return (listens & SessionSubscriptions.CloudToDevice) == 0
            ? new MessagesTaken(SessionDelivery.NotSubscribed, 0)
            : Messages().Push(pushed, atLeastOnce: (listens & SessionSubscriptions.CloudToDeviceQos1) != 0);
    }

    private void ToldOf(long version)
    {
        for (var told = DesiredVersion; told < version;)
        {
            told = Interlocked.CompareExchange(ref desiredVersion, version, told) is var before && before == told ? version : before;
        }
    }

    private void SendTwinReply(int status, byte[] requestId, long? version, ReadOnlySpan<byte> body)
    {
        if ((Subscriptions & SessionSubscriptions.TwinResponses) == 0)
        {
            return;
        }

        var topic = new HubTopicWriter(stackalloc byte[HubTopicWriter.MaxBytes]);
        topic.TwinResponse(status, requestId, version);
        Answered(outbox.Answer(new OutgoingPublish(topic.Written, body)));
        outbox.Flush();
    }

    private void AnswerMethod(long requestId, int status, ReadOnlySequence<byte> payload)
    {
        if (payload.Length > MethodCall.MaxPayloadBytes)
        {
            Methods().Refuse(requestId, new Refusal(HubErrorCode.InvalidDeviceResponse, "The device's answer is longer than 128 KB."));
            return;
        }

        Methods().Answer(requestId, status, JsonPayload.Of(payload));
    }

    private PendingMethods Methods() =>
        Volatile.Read(ref methods) ?? LazyInitializer.EnsureInitialized(ref methods, () => new PendingMethods(services.Wheel, services.Options.MaxOutboundMessages));

    private MessageChannel Messages() => Volatile.Read(ref messages) ?? LazyInitializer.EnsureInitialized(
        ref messages, () => new MessageChannel(this, device, outbox, acks, services));

    private async Task ChangeSubscriptionsAsync()
    {
        var packet = subscribe!;
        subscribe = null;
        byte[] codes = [];
        var next = unsubscribe
            ? TopicFilters.Unsubscribe(Subscriptions, packet.Filters, key)
            : TopicFilters.Subscribe(Subscriptions, packet.Filters, key, out codes);
        var before = Subscriptions;
        // What is new counts at once: the grain delivers as soon as it has stored it, which may be before its answer is here.
        Subscriptions = before | next;
        if (next != before && !await StoreSubscriptionsAsync(next))
        {
            return;
        }

        Subscriptions = next;
        var sent = unsubscribe ? outbox.Answer(new UnsubAckPacket(packet.PacketId)) : outbox.Answer(new SubAckPacket(packet.PacketId, codes));
        Answered(sent);
        outbox.Flush();
    }

    // Not stored means not acknowledged: the connection ends, and the device subscribes again on the next.
    private async Task<bool> StoreSubscriptionsAsync(SessionSubscriptions next)
    {
        try
        {
            if (await services.Calls.CallAsync(GrainKey, Repeat.Always, () => device.SetSubscriptionsAsync(reference!, next)))
            {
                return true;
            }

            Close(SessionEnd.Replaced);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            LogSubscriptionsLost(services.Logger, key, e);
            Close(SessionEnd.NotStored);
        }

        return false;
    }
}
