using System.Globalization;
using Amqp.Types;
using Muster.Access;
using Muster.Amqp;
using Muster.ConsumerGroups;
using Muster.Events;

namespace Muster.EventHubs;

/// <summary>Receiver links: <c>{hub}/ConsumerGroups/{group}/Partitions/{n}</c>.</summary>
internal sealed class ReceiverRoute(ReceiverServices services, EventHubsAddress address, IGrainFactory grains) : ILinkRoute
{
    private const string RuntimeMetric = "com.microsoft:enable-receiver-runtime-metric";
    private static readonly Symbol Filter = new("apache.org:selector-filter:string");

    public LinkPlan? Match(LinkRequest request) =>
        request.Direction == LinkDirection.ToClient && request.Address.Is(null, "ConsumerGroups", null, "Partitions", null)
            ? new LinkPlan(new LinkClaim.Policy(AccessRights.ServiceConnect, request.Address.Segments), _ => OpenAsync(request))
            : null;

    private async ValueTask<LinkAnswer> OpenAsync(LinkRequest request)
    {
        var (hub, group) = (request.Address.Segments[0], request.Address.Segments[2]);
        if (!address.IsHub(hub) || PartitionOf(request) is not { } partition || await grains.GetGrain<IConsumerGroupsGrain>(0).GetAsync(group) is null)
        {
            return new LinkAnswer.Refused(address.NotFound(string.Join('/', request.Address.Segments)));
        }

        if (!TryReadEpoch(request.Property("com.microsoft:epoch"), out var epoch))
        {
            return Invalid("The link property com.microsoft:epoch must be a whole number from 0.");
        }

        if (ReadPosition(request, out var position) is { } misread)
        {
            return Invalid(misread);
        }

        var (start, problem) = await EventStart.FindAsync(services.Log, partition, position, services.Clock, request.Peer.Ended);
        if (problem is not null)
        {
            return Invalid(problem);
        }

        var metric = request.DesiredCapabilities.Contains(RuntimeMetric);
        return await AttachAsync(new ReceiverSpec(services.Receivers.NewReference(), group, partition, epoch, start, metric));
    }

    private async Task<LinkAnswer> AttachAsync(ReceiverSpec spec)
    {
        var receiver = new EventReceiver(services, spec);
        services.Receivers.Add(receiver);
        try
        {
            if (await services.Receivers.GrainOf(spec).AttachAsync(spec.Reference, spec.Epoch) is ReceiverReply.Refused refused)
            {
                services.Receivers.Remove(receiver);
                return new LinkAnswer.Refused(address.Error(refused.End, refused.Message, spec));
            }
        }
        catch
        {
            services.Receivers.Remove(receiver);
            throw;
        }

        return new LinkAnswer.Source(receiver) { SendsSettled = true, OfferedCapabilities = spec.WantsRuntimeInfo ? [RuntimeMetric] : null };
    }

    private int? PartitionOf(LinkRequest request) =>
        int.TryParse(request.Address.Segments[4], NumberStyles.None, CultureInfo.InvariantCulture, out var partition) && partition < services.Log.PartitionCount
            ? partition
            : null;

    private static string? ReadPosition(LinkRequest request, out EventPosition position)
    {
        position = EventPosition.Earliest;
        return request.Filters?[Filter] switch
        {
            null => null,
            string text => EventSelector.Parse(text, out position),
            DescribedValue { Value: string text } => EventSelector.Parse(text, out position),
            _ => $"The filter {Filter} must be a text.",
        };
    }

    private static bool TryReadEpoch(object? value, out long? epoch)
    {
        epoch = value switch
        {
            long number => number,
            int or uint or short or ushort or byte or sbyte => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong number and <= long.MaxValue => (long)number,
            _ => null,
        };
        return value is null || epoch >= 0;
    }

    private static LinkAnswer.Refused Invalid(string problem) => new(new LinkError(LinkConditions.ArgumentError, problem));
}
