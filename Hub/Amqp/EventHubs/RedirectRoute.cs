using Muster.Access;
using Muster.Amqp;

namespace Muster.EventHubs;

/// <summary>The events at the hub's own name, <c>/messages/events/…</c>: clients from before are told where they are.</summary>
internal sealed class RedirectRoute(EventHubsAddress address) : ILinkRoute
{
    private static readonly LinkClaim Claim = new LinkClaim.Policy(AccessRights.ServiceConnect, Path: null);

    public LinkPlan? Match(LinkRequest request) =>
        request.Address.Is("messages", "events", "$management") || request.Address.Is("messages", "events", "ConsumerGroups", null, "Partitions", null)
            ? new LinkPlan(Claim, _ => ValueTask.FromResult<LinkAnswer>(new LinkAnswer.Refused(address.Redirect())))
            : null;
}
