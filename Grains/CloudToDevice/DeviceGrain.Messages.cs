using Muster.CloudToDevice;
using Muster.Errors;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    private MessageLocks? locks;

    public async Task<SendMessageReply> SendMessageAsync(CloudMessage message)
    {
        if (services.Upstream is { } hub)
        {
            return await SendUpstreamAsync(hub, message);
        }

        if (await WhyNoQueueAsync() is { } why)
        {
            return new SendMessageReply.Refused(why);
        }

        if (CloudMessageRules.WhyNot(message) is { } invalid)
        {
            return new SendMessageReply.Refused(invalid);
        }

        var (state, now) = (head!, Now());
        var swept = CloudQueueMachine.Sweep(state, services.Messages, locks, now);
        switch (CloudQueueMachine.Enqueue(swept, message, Guid.NewGuid(), services.Messages, locks, now))
        {
            case QueueMove.Moved moved:
                await CommitAsync(moved.Next);
                services.Instruments.OnMessageQueued();
                return new SendMessageReply.Queued(moved.Sequence);
            case QueueMove.Refused refused:
                await StoreAsync(swept, state);
                return new SendMessageReply.Refused(refused.Why);
            case var other:
                throw new NotSupportedException($"Unknown move {other}.");
        }
    }

    public async Task<ReceiveMessageReply> ReceiveMessageAsync()
    {
        if (await WhyNoQueueAsync() is { } why)
        {
            return new ReceiveMessageReply.Refused(why);
        }

        await SweepMessagesAsync();
        var now = Now();
        if (Committed is not { } state || Free(state, now).Take(1).ToArray() is not [var message])
        {
            return new ReceiveMessageReply.Empty();
        }

        var locked = (locks ??= new MessageLocks()).Take(message, epoch: 0, now + services.Messages.LockTime);
        PushAtLapse(now);
        return new ReceiveMessageReply.Locked(locked);
    }

    public async Task<SettleMessageReply> SettleMessageAsync(Guid lockToken, MessageOutcome outcome)
    {
        if (await WhyNoQueueAsync() is { } why)
        {
            return new SettleMessageReply.Refused(why);
        }

        var (state, now) = (head!, Now());
        if (Find(state, lockToken, now) is not { } id)
        {
            await SettledAsync();
            return new SettleMessageReply.Refused(new(
                HubErrorCode.DeviceMessageLockLost, $"The lock {lockToken} of a message of {GrainKey} lapsed, or the message is no longer there."));
        }

        if (outcome == MessageOutcome.Abandon)
        {
            locks?.Release(id);
            await SweepMessagesAsync();
            PushMessages();
        }
        else
        {
            var end = outcome == MessageOutcome.Complete ? MessageEnd.Success : MessageEnd.Rejected;
            await CommitAsync(CloudQueueMachine.End(state, id, end, locks, now));
            services.Instruments.OnMessageEnded(end);
        }

        return new SettleMessageReply.Settled();
    }

    public async Task<PurgeMessagesReply> PurgeMessagesAsync()
    {
        if (services.Upstream is { } hub)
        {
            return await PurgeUpstreamAsync(hub);
        }

        if (head is not { } state)
        {
            await SettledAsync();
            return new PurgeMessagesReply.Refused(NotFound());
        }

        var count = new CloudQueue(state.Messages).Count;
        await StoreAsync(CloudQueueMachine.Purge(state, Now()), state);
        return new PurgeMessagesReply.Purged(count);
    }

    private async Task<Refusal?> WhyNoQueueAsync()
    {
        var why = services.Upstream is not null ? ConnectsUpstream()
            : head is null ? NotFound()
            : Key.IsModule ? Refusals.Invalid($"{GrainKey} is a module, and modules have no queue of messages.")
            : null;
        if (why is not null)
        {
            await SettledAsync();
        }

        return why;
    }

    private Task SweepMessagesAsync() => head is { } state
        ? StoreAsync(CloudQueueMachine.Sweep(state, services.Messages, locks, Now()), state)
        : SettledAsync();

    private Task StoreAsync(DeviceState next, DeviceState state) => ReferenceEquals(next, state) ? SettledAsync() : CommitAsync(next);

    private Guid? Find(DeviceState state, Guid lockToken, DateTimeOffset now)
    {
        foreach (var message in new CloudQueue(state.Messages).Messages)
        {
            if (MessageLocks.IsOf(lockToken, message.Id))
            {
                return locks is null || locks.Opens(lockToken, message.Id, now) ? message.Id : null;
            }
        }

        return null;
    }

    // What is stored, and neither about to leave the queue nor in anyone's hands.
    private IEnumerable<QueuedMessage> Free(DeviceState stored, DateTimeOffset now)
    {
        var epoch = stored.Session.Current?.Epoch ?? 0;
        var staying = ReferenceEquals(head?.Messages, stored.Messages)
            ? null
            : new CloudQueue(head?.Messages).Messages.Select(message => message.Id).ToHashSet();
        return new CloudQueue(stored.Messages).Messages.Where(message =>
            message.ExpiresAt > now && staying?.Contains(message.Id) != false && locks?.IsHeld(message.Id, epoch, now) != true);
    }

    private void TellOfMessages(DeviceState? before, DeviceState? now)
    {
        if (!ReferenceEquals(before?.Messages, now?.Messages))
        {
            locks?.Keep(new CloudQueue(head?.Messages));
        }

        PushMessages();
        SendFeedback();
    }
}
