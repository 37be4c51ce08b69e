using System.Globalization;
using Amqp.Types;
using Muster.Access;
using Muster.Amqp;
using Muster.ConsumerGroups;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary><c>$management</c>: what an event hub and its partitions are, by READ requests.</summary>
internal sealed class ManagementNode(IEventLog log, EventHubsAddress address, IGrainFactory grains) : IRequestNode
{
    private const string HubType = "com.microsoft:eventhub";
    private const string PartitionType = "com.microsoft:partition";
    private static readonly LinkClaim Claim = new LinkClaim.Policy(AccessRights.ServiceConnect, Path: null);

    public LinkClaim? Match(LinkRequest request) => request.Address.Is("$management") || request.Address.Is(null, "$management") ? Claim : null;

    public void OnRequest(NodeRequest request)
    {
        var name = request.Property("name");
        switch (request.Property("operation"), request.Property("type"))
        {
            case ("READ", HubType or PartitionType) when !address.IsHub(name):
                NotFound(request, name ?? "");
                break;
            case ("READ", HubType):
                _ = ReplyHubAsync(request);
                break;
            case ("READ", PartitionType):
                ReplyPartition(request);
                break;
            default:
                request.Reply(400, "Only READ of com.microsoft:eventhub and com.microsoft:partition is known here.", condition: LinkConditions.NotImplemented);
                break;
        }
    }

    private async Task ReplyHubAsync(NodeRequest request)
    {
        try
        {
            var group = await grains.GetGrain<IConsumerGroupsGrain>(0).GetAsync(ConsumerGroupName.Default);
            request.Reply(200, "OK", new Map
            {
                ["name"] = address.HubName,
                ["type"] = HubType,
                ["created_at"] = group!.CreatedAt.UtcDateTime,
                ["partition_count"] = log.PartitionCount,
                ["partition_ids"] = Enumerable.Range(0, log.PartitionCount).Select(static id => id.ToString(CultureInfo.InvariantCulture)).ToArray(),
                ["georeplication_factor"] = 1,
            });
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            request.Reply(503, "The hub cannot answer now. Try again.", condition: LinkConditions.Timeout);
        }
    }

    private void ReplyPartition(NodeRequest request)
    {
        var text = PartitionOf(request);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= log.PartitionCount)
        {
            NotFound(request, $"{address.HubName}/Partitions/{text}");
            return;
        }

        var partition = log.Describe(id);
        var last = partition.NextOffset - 1;
        request.Reply(200, "OK", new Map
        {
            ["name"] = address.HubName,
            ["type"] = PartitionType,
            ["partition"] = id.ToString(CultureInfo.InvariantCulture),
            ["begin_sequence_number"] = partition.FirstOffset,
            ["last_enqueued_sequence_number"] = last,
            ["last_enqueued_offset"] = last.ToString(CultureInfo.InvariantCulture),
            ["last_enqueued_time_utc"] = (partition.LastEnqueuedAt ?? DateTimeOffset.UnixEpoch).UtcDateTime,
            ["is_partition_empty"] = partition.FirstOffset == partition.NextOffset,
        });
    }

    // SDKs send the id as a text; some as a number.
    private static string? PartitionOf(NodeRequest request) =>
        request.Property("partition") ?? (request.Message.ApplicationProperties?.Map?["partition"] as IFormattable)?.ToString(null, CultureInfo.InvariantCulture);

    private void NotFound(NodeRequest request, string path) => request.Reply(404, address.NotFoundText(path), condition: LinkConditions.NotFound);
}
