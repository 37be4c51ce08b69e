using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Access;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Events;

namespace Muster.Amqp;

/// <summary>Leads the links of back offices: messages to devices, their feedback, and notices of uploaded files.</summary>
internal sealed class ServiceRoute(
    IGrainFactory grains, GrainCalls calls, IOptions<DeviceEventOptions> events, TimeProvider clock, ILogger<ServiceRoute> logger) : ILinkRoute
{
    public LinkPlan? Match(LinkRequest request)
    {
        var (address, isFromClient) = (request.Address, request.Direction == LinkDirection.FromClient);
        Func<LinkAnswer>? open = isFromClient switch
        {
            true when address.Is("messages", "devicebound") =>
                () => new LinkAnswer.Sink(new MessageSender(grains, calls, logger), MessageSender.Credit, MessageSender.MaxEncodedBytes),
            false when address.Is("messages", "servicebound", "feedback") => () => Source(RecordQueue.Feedback),
            false when address.Is("messages", "servicebound", "filenotifications") => () => Source(RecordQueue.FileNotifications),
            _ => null,
        };
        return open is null
            ? null
            : new LinkPlan(new LinkClaim.Policy(AccessRights.ServiceConnect, address.Segments), _ => ValueTask.FromResult(open()));
    }

    private LinkAnswer.Source Source(RecordQueue queue) =>
        new(new RecordSource(queue, grains.GetGrain<IServiceQueueGrain>(queue.Queue), events.Value.HubName, calls, clock, logger));
}
