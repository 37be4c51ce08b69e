using Microsoft.Extensions.Logging;
using Muster.Events;

namespace Muster.EventHubs;

/// <summary>Ends receiver links of this silo that the cluster gave to others.</summary>
internal sealed class ReceiverHost(GrainId id, Silo silo, ILoggerFactory loggers, ReceiverTable receivers, EventHubsAddress address)
    : GrainService(id, silo, loggers), IReceiverHost
{
    public Task DetachAsync(long linkId, ReceiverEnd end, string message)
    {
        if (receivers.Find(linkId) is { } receiver)
        {
            receiver.Detach(address.Error(end, message, receiver.Spec));
        }

        return Task.CompletedTask;
    }
}
