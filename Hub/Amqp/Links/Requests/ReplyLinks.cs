namespace Muster.Amqp;

/// <summary>
/// The links of one connection on which a node answers. Azure's device and service SDKs write <c>reply-to: cbs</c> while no link has that address, so
/// the session's only link serves too.
/// </summary>
internal sealed class ReplyLinks
{
    private const int MaxLinks = 256;
    private readonly Lock gate = new();
    private readonly List<ReplyLink> links = [];

    /// <summary>False: there are too many.</summary>
    public bool TryAdd(ReplyLink link)
    {
        lock (gate)
        {
            if (links.Count >= MaxLinks)
            {
                return false;
            }

            links.Add(link);
            return true;
        }
    }

    public void Remove(ReplyLink link)
    {
        lock (gate)
        {
            links.Remove(link);
        }
    }

    /// <summary>The link of that name in the session, else the session's only one; null if there is none.</summary>
    public ReplyLink? Find(object session, string? replyTo)
    {
        lock (gate)
        {
            ReplyLink? only = null;
            var count = 0;
            foreach (var link in links)
            {
                if (!ReferenceEquals(link.Request.Session, session))
                {
                    continue;
                }

                if (replyTo is not null && replyTo == link.Request.ClientAddress)
                {
                    return link;
                }

                only = link;
                count++;
            }

            return count == 1 ? only : null;
        }
    }
}
