using Amqp.Framing;

namespace Muster.Upstream;

/// <summary>Opens receivers of what the upstream hub tells its back office.</summary>
internal sealed class UpstreamQueues(HubConnection hub, WireDialer dialer, UpstreamInstruments instruments) : IUpstreamQueues
{
    public async Task<IUpstreamQueue> OpenAsync(string queue, CancellationToken cancellationToken)
    {
        var what = $"The receiver of the upstream's queue {queue}";
        var session = await hub.BeginAsync(what, cancellationToken);
        var attach = new Attach { Source = new Source { Address = $"/messages/serviceBound/{queue}" }, Target = new Target() };
        var link = await WireLinks.ReceiverAsync(session, attach, what, dialer, cancellationToken);
        return new UpstreamQueue(link, queue, what, dialer, instruments);
    }
}
