using System.Runtime.InteropServices;
using Amqp;

namespace Muster.Amqp;

/// <summary>
/// The links that a client has attached and not detached, those that were refused or ended here among them: the library keeps each until the client says
/// that it is gone. On the read loop alone.
/// </summary>
/// <param name="isProved">Whether the client has shown who it is.</param>
internal sealed class LinkTally(Func<bool> isProved)
{
    private readonly Dictionary<ushort, int> bySession = [];
    private int links;

    /// <exception cref="AmqpException">They are too many.</exception>
    public void Attached(ushort channel)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(bySession, channel, out _)++;
        if (++links > (isProved() ? AmqpLimits.MaxLinks : AmqpLimits.MaxUnprovedLinks) + AmqpLimits.MaxEndedLinks)
        {
            throw new AmqpException(LinkConditions.ResourceLimitExceeded, "The connection has more links than it may have.");
        }
    }

    public void Detached(ushort channel)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(bySession, channel, out _);
        if (count > 0)
        {
            count--;
            links--;
        }
    }

    /// <summary>The session is gone, and its links with it.</summary>
    public void Ended(ushort channel)
    {
        if (bySession.Remove(channel, out var count))
        {
            links -= count;
        }
    }
}
