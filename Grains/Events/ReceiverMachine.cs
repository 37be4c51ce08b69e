using System.Collections.Immutable;

namespace Muster.Events;

/// <summary>Who may receive from a partition for a consumer group: Event Hubs' rules of epochs. Pure.</summary>
internal static class ReceiverMachine
{
    /// <summary>Receivers without an epoch that a group may have on a partition.</summary>
    internal const int MaxWithoutEpoch = 5;

    /// <summary>How long a receiver that does not renew is still counted.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>A link asks to receive. An epoch as high as the present one takes its place.</summary>
    internal static ReceiverMove Attach(ImmutableArray<HeldReceiver> held, in HeldReceiver asking) => Decide(held, asking, mayReplaceEqual: true);

    /// <summary>
    /// A link says that it still receives. One that is not known was forgotten, with those that came after it perhaps: it is let in again, but not in
    /// place of one as high.
    /// </summary>
    internal static ReceiverMove Renew(ImmutableArray<HeldReceiver> held, in HeldReceiver asking) => Decide(held, asking, mayReplaceEqual: false);

    /// <summary>Without the link; the same if it is not there.</summary>
    internal static ImmutableArray<HeldReceiver> Release(ImmutableArray<HeldReceiver> held, ReceiverRef receiver) =>
        held.RemoveAll(one => one.Receiver == receiver);

    /// <summary>Without those whose lease ran out by <paramref name="now"/> or whose silo is gone.</summary>
    internal static ImmutableArray<HeldReceiver> Living(ImmutableArray<HeldReceiver> held, DateTimeOffset now, Func<SiloAddress, bool> isDead) =>
        held.RemoveAll(one => now - one.RenewedAt > Lease || isDead(one.Receiver.Silo));

    private static ReceiverMove Decide(ImmutableArray<HeldReceiver> held, HeldReceiver asking, bool mayReplaceEqual)
    {
        var others = Release(held, asking.Receiver);
        if (others.Length < held.Length)
        {
            return new(others.Add(asking), [], Granted);
        }

        var highest = held.Max(static one => one.Epoch);
        if (asking.Epoch is not { } epoch)
        {
            return highest is { } present ? Refused(held, ReceiverEnd.Stolen,
                    $"At least one receiver for the endpoint is created with epoch of '{present}', and so non-epoch receiver is not allowed. " +
                    "Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected.")
                : held.Length >= MaxWithoutEpoch ? Refused(held, ReceiverEnd.TooMany,
                    $"Exceeded the maximum number of allowed receivers per partition in a consumer group which is {MaxWithoutEpoch}.")
                : new(held.Add(asking), [], Granted);
        }

        return highest > epoch || (highest == epoch && !mayReplaceEqual)
            ? Refused(held, ReceiverEnd.Stolen,
                $"Receiver with a higher epoch of '{highest}' already exists. Receiver with epoch '{epoch}' cannot be created. " +
                "Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.")
            : new([asking], held, Granted);
    }

    private static ReceiverReply.Granted Granted { get; } = new();

    private static ReceiverMove Refused(ImmutableArray<HeldReceiver> held, ReceiverEnd end, string message) => new(held, [], new ReceiverReply.Refused(end, message));
}

/// <param name="Receiver">The link.</param>
/// <param name="Epoch">Null for one without.</param>
/// <param name="RenewedAt">UTC, the silo's clock.</param>
internal readonly record struct HeldReceiver(ReceiverRef Receiver, long? Epoch, DateTimeOffset RenewedAt);

/// <param name="Next">Who receives from now on.</param>
/// <param name="Ended">Who did until now, and is to be detached.</param>
/// <param name="Reply">To who asked.</param>
internal readonly record struct ReceiverMove(ImmutableArray<HeldReceiver> Next, ImmutableArray<HeldReceiver> Ended, ReceiverReply Reply);
