using System.Globalization;

namespace Muster.Events;

/// <summary>
/// Who reads one partition for one consumer group, in the whole cluster. Key: see <see cref="EventReceivers.Key"/>. It remembers in memory only: a
/// receiver renews, and is thereby known again after the grain was lost.
/// </summary>
[Alias("muster.IEventReceiversGrain")]
public interface IEventReceiversGrain : IGrainWithStringKey
{
    /// <summary>
    /// Lets a link receive, by Event Hubs' rules: one with an epoch as high as the present one's, or higher, takes the place of all others, which their
    /// silos are told to detach; a lower one is refused, and so is one without an epoch while one with an epoch is there, and a sixth without.
    /// Idempotent: an attach that comes twice changes nothing.
    /// </summary>
    /// <param name="receiver">The link.</param>
    /// <param name="epoch">Event Hubs' owner level, from 0; null for a receiver that does not ask to be alone.</param>
    [Alias("Attach")]
    Task<ReceiverReply> AttachAsync(ReceiverRef receiver, long? epoch);

    /// <summary>
    /// Says that the link is still there: at most every 30 s, or it is forgotten. Refused where another took its place meanwhile; the link is then detached.
    /// </summary>
    [Alias("Renew")]
    Task<ReceiverReply> RenewAsync(ReceiverRef receiver, long? epoch);

    /// <summary>The link is gone. Idempotent.</summary>
    [Alias("Release")]
    Task ReleaseAsync(ReceiverRef receiver);

    /// <summary>Detaches all receivers: the consumer group was deleted.</summary>
    [Alias("Close")]
    Task CloseAsync();
}

/// <summary>How a group and a partition become a grain's key.</summary>
public static class EventReceivers
{
    /// <summary><c>group/partition</c>, the group in lower case.</summary>
    public static string Key(string group, int partition)
    {
        ArgumentNullException.ThrowIfNull(group);
        return string.Create(CultureInfo.InvariantCulture, $"{group.ToLowerInvariant()}/{partition}");
    }
}
