using Muster.Errors;
using Muster.Sessions;

namespace Muster.CloudToDevice;

/// <summary>What became of a message to a device.</summary>
[GenerateSerializer, Immutable, Alias("muster.SendMessageReply")]
public abstract record SendMessageReply
{
    private SendMessageReply() { }

    /// <summary>It is in the device's queue, durably.</summary>
    [GenerateSerializer, Immutable, Alias("muster.SendMessageReply.Queued")]
    public sealed record Queued([property: Id(0)] long SequenceNumber) : SendMessageReply;

    /// <summary>Nothing changed.</summary>
    [GenerateSerializer, Immutable, Alias("muster.SendMessageReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : SendMessageReply;
}

/// <summary>What a device gets that asks for its next message.</summary>
[GenerateSerializer, Immutable, Alias("muster.ReceiveMessageReply")]
public abstract record ReceiveMessageReply
{
    private ReceiveMessageReply() { }

    /// <summary>The oldest message that nobody has; it is locked for a minute, unless the hub is told otherwise.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReceiveMessageReply.Locked")]
    public sealed record Locked([property: Id(0)] LockedMessage Message) : ReceiveMessageReply;

    /// <summary>There is none.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReceiveMessageReply.Empty")]
    public sealed record Empty : ReceiveMessageReply;

    /// <summary>DeviceNotFound.</summary>
    [GenerateSerializer, Immutable, Alias("muster.ReceiveMessageReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : ReceiveMessageReply;
}

/// <summary>What became of an attempt to settle a message.</summary>
[GenerateSerializer, Immutable, Alias("muster.SettleMessageReply")]
public abstract record SettleMessageReply
{
    private SettleMessageReply() { }

    /// <summary>Durable, with the feedback that is due.</summary>
    [GenerateSerializer, Immutable, Alias("muster.SettleMessageReply.Settled")]
    public sealed record Settled : SettleMessageReply;

    /// <summary>DeviceNotFound, or DeviceMessageLockLost: the lock lapsed, or the message is no longer there.</summary>
    [GenerateSerializer, Immutable, Alias("muster.SettleMessageReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : SettleMessageReply;
}

/// <summary>What became of a purge.</summary>
[GenerateSerializer, Immutable, Alias("muster.PurgeMessagesReply")]
public abstract record PurgeMessagesReply
{
    private PurgeMessagesReply() { }

    /// <summary>The queue is empty, durably.</summary>
    /// <param name="Count">Messages that were thrown away.</param>
    [GenerateSerializer, Immutable, Alias("muster.PurgeMessagesReply.Purged")]
    public sealed record Purged([property: Id(0)] int Count) : PurgeMessagesReply;

    /// <summary>DeviceNotFound or ModuleNotFound.</summary>
    [GenerateSerializer, Immutable, Alias("muster.PurgeMessagesReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : PurgeMessagesReply;
}

/// <summary>What a session did with the messages that it was handed.</summary>
/// <param name="Delivery">As for everything that is handed to a session; QueueFull where it took fewer than it was given.</param>
/// <param name="Taken">How many of them, from the first; the others go back to the queue, and do not count as delivered.</param>
[GenerateSerializer, Immutable, Alias("muster.MessagesTaken")]
public readonly record struct MessagesTaken([property: Id(0)] SessionDelivery Delivery, [property: Id(1)] int Taken);
