namespace Muster.Amqp;

/// <summary>Leads the links of devices and modules to their sessions.</summary>
internal sealed class DeviceRoute(DeviceDoor door) : ILinkRoute
{
    public LinkPlan? Match(LinkRequest request) => DeviceAddress.Read(request.Address, request.Direction) is { } address
        ? new LinkPlan(new LinkClaim.Device(address.Key), grant => door.OpenAsync(request, (LinkGrant.Device)grant, address.Kind))
        : null;
}
