using System.Globalization;
using Muster.Devices;
using Muster.Errors;

namespace Muster.CloudToDevice;

/// <summary>
/// What becomes of a device's queue. Pure. Feedback goes into the row with the change that it speaks of, so that neither is ever there without the
/// other; when something is due is the row's deadline.
/// </summary>
internal static class CloudQueueMachine
{
    /// <summary>Feedback that a row holds at most, with what its messages may yet bring about; more messages are refused until it has gone out.</summary>
    internal const int MaxFeedback = 256;

    /// <summary>How long feedback may be on its way before it is sent again.</summary>
    internal static readonly TimeSpan FeedbackTime = TimeSpan.FromSeconds(30);

    /// <summary>Puts a message at the end of the queue.</summary>
    internal static QueueMove Enqueue(
        DeviceState state, CloudMessage message, Guid id, CloudToDeviceOptions options, MessageLocks? locks, DateTimeOffset now)
    {
        var queue = new CloudQueue(state.Messages);
        if (queue.Count >= CloudMessage.MaxQueueDepth)
        {
            return new QueueMove.Refused(new(
                HubErrorCode.DeviceMaximumQueueDepthExceeded, $"{CloudMessage.MaxQueueDepth} messages wait for the device already, the most there may be."));
        }

        if (queue.Count + new FeedbackOutbox(state.Feedback).Records.Count() >= MaxFeedback)
        {
            return new QueueMove.Refused(new(HubErrorCode.ThrottlingException, "Feedback of earlier messages to the device cannot be delivered now. Try again later."));
        }

        var last = queue.Messages.Select(queued => queued.Sequence).LastOrDefault();
        var stamp = new MessageStamp(
            id, Math.Max(last + 1, Microseconds(now)), now, CloudMessageRules.ExpiryOf(message, options.TimeToLive, now));
        return new QueueMove.Moved(WithDeadline(state with { Messages = queue.With(message, stamp, locks) }, now), stamp.Sequence);
    }

    /// <summary>Takes what has expired, and what was delivered too often and nobody has, out of the queue; unchanged if there is nothing of that.</summary>
    internal static DeviceState Sweep(DeviceState state, CloudToDeviceOptions options, MessageLocks? locks, DateTimeOffset now)
    {
        if (state.Messages is null)
        {
            return state;
        }

        var epoch = state.Session.Current?.Epoch ?? 0;
        var ended = new CloudQueue(state.Messages).Messages
            .Select(message => (Message: message, End: EndOf(message)))
            .Where(ended => ended.End is not null)
            .ToDictionary(ended => ended.Message.Id, ended => ended.End!.Value);
        return Remove(state, ended, locks, now);

        MessageEnd? EndOf(QueuedMessage message) => message.ExpiresAt <= now ? MessageEnd.Expired
            : (locks?.Deliveries(message) ?? message.Deliveries) >= options.MaxDeliveries && locks?.IsHeld(message.Id, epoch, now) != true
                ? MessageEnd.DeliveryCountExceeded
            : null;
    }

    /// <summary>The message leaves the queue; unchanged if it is not there.</summary>
    internal static DeviceState End(DeviceState state, Guid id, MessageEnd end, MessageLocks? locks, DateTimeOffset now) =>
        new CloudQueue(state.Messages).Messages.Any(message => message.Id == id)
            ? Remove(state, new Dictionary<Guid, MessageEnd> { [id] = end }, locks, now)
            : state;

    /// <summary>Every message leaves the queue.</summary>
    internal static DeviceState Purge(DeviceState state, DateTimeOffset now) => Remove(
        state, new CloudQueue(state.Messages).Messages.ToDictionary(message => message.Id, message => message.ExpiresAt <= now ? MessageEnd.Expired : MessageEnd.Purged),
        null, now);

    /// <summary>Feedback that has gone out leaves the row; unchanged if there is none of it.</summary>
    internal static DeviceState WithoutFeedback(DeviceState state, IReadOnlySet<Guid> delivered)
    {
        var outbox = new FeedbackOutbox(state.Feedback);
        return outbox.Records.Any(record => delivered.Contains(record.Id)) ? state with { Feedback = outbox.Without(delivered) } : state;
    }

    /// <summary>When the queue or its feedback needs a look; null for never.</summary>
    internal static DateTimeOffset? NextDue(DeviceState state, DateTimeOffset now)
    {
        var expiry = new CloudQueue(state.Messages).Messages.Select(message => (DateTimeOffset?)message.ExpiresAt).Min();
        return state.Feedback is null ? expiry
            : expiry < now + FeedbackTime ? expiry
            : now + FeedbackTime;
    }

    // A deadline that comes earlier than need be stays: it costs one look, where moving it costs the store's index at every message.
    private static DeviceState WithDeadline(DeviceState state, DateTimeOffset now) =>
        NextDue(state, now) is { } due && !(state.NextDeadline > now && state.NextDeadline <= due) ? state with { NextDeadline = due } : state;

    private static DeviceState Remove(DeviceState state, Dictionary<Guid, MessageEnd> ended, MessageLocks? locks, DateTimeOffset now)
    {
        if (ended.Count == 0)
        {
            return state;
        }

        var queue = new CloudQueue(state.Messages);
        var feedback = queue.Messages
            .Where(message => ended.TryGetValue(message.Id, out var end) && Wants(message.Ack, end))
            .Select(message => new FeedbackRecord(message.Id, now, ended[message.Id], message.MessageId ?? message.Sequence.ToString(CultureInfo.InvariantCulture)))
            .ToArray();
        var next = state with
        {
            Messages = queue.Without(ended.Keys.ToHashSet(), locks),
            Feedback = new FeedbackOutbox(state.Feedback).With(feedback),
        };
        return WithDeadline(next, now);
    }

    private static bool Wants(FeedbackLevel ack, MessageEnd end) => ack.HasFlag(end == MessageEnd.Success ? FeedbackLevel.Positive : FeedbackLevel.Negative);

    private static long Microseconds(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>What became of a message that was to be queued.</summary>
internal abstract record QueueMove
{
    private QueueMove() { }

    /// <param name="Next">The state to be stored.</param>
    /// <param name="Sequence">The message's number.</param>
    internal sealed record Moved(DeviceState Next, long Sequence) : QueueMove;

    internal sealed record Refused(Refusal Why) : QueueMove;
}
