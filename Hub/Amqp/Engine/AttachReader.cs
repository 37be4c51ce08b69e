using Amqp.Framing;
using Amqp.Listener;
using Amqp.Types;

namespace Muster.Amqp;

/// <summary>Reads what a client asks for out of the library's attach, whose ends may be of any type, and writes the answer into it.</summary>
internal static class AttachReader
{
    public static LinkRequest Read(AttachContext context, IPeer peer)
    {
        var attach = context.Attach;
        var (source, target) = (attach.Source as Source, attach.Target as Target);
        var (ours, theirs) = attach.Role ? (source?.Address, target?.Address) : (target?.Address, source?.Address);
        return new LinkRequest
        {
            Peer = peer,
            Session = context.Link.Session,
            Direction = attach.Role ? LinkDirection.ToClient : LinkDirection.FromClient,
            Address = LinkAddress.Parse(ours),
            ClientAddress = theirs,
            Name = attach.LinkName,
            Properties = attach.Properties,
            Filters = attach.Role ? source?.FilterSet : null,
            DesiredCapabilities = [.. (attach.DesiredCapabilities ?? []).Select(static symbol => (string)symbol)],
        };
    }

    /// <summary>The library answers with the client's own attach: properties and filters are echoed by that.</summary>
    public static void Answer(Attach attach, LinkAnswer.Source answer)
    {
        Answer(attach, answer.OfferedCapabilities);
        attach.InitialDeliveryCount = 0;
        if (answer.SendsSettled)
        {
            attach.SndSettleMode = SenderSettleMode.Settled;
        }
        else if (attach.SndSettleMode == SenderSettleMode.Settled)
        {
            // What is lent has to be settled by who got it: the client would get it again and again.
            attach.SndSettleMode = SenderSettleMode.Unsettled;
        }
    }

    /// <inheritdoc cref="Answer(Attach, LinkAnswer.Source)"/>
    public static void Answer(Attach attach, LinkAnswer.Sink answer)
    {
        Answer(attach, offered: null);
        attach.MaxMessageSize = (ulong)answer.MaxMessageSize;
    }

    // No link is resumed: what was unsettled on an older one is not looked at.
    private static void Answer(Attach attach, IReadOnlyList<string>? offered)
    {
        attach.DesiredCapabilities = null;
        attach.OfferedCapabilities = offered is null ? null : [.. offered.Select(static name => new Symbol(name))];
        attach.Unsettled = null;
        attach.IncompleteUnsettled = false;
    }
}
