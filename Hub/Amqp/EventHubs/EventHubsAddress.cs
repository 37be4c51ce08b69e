using System.Collections.Immutable;
using System.Globalization;
using Muster.Amqp;
using Muster.Events;

namespace Muster.EventHubs;

/// <summary>The Event Hubs-compatible endpoint as clients know it.</summary>
/// <param name="HubName">The name of the event hub.</param>
/// <param name="HostName">Where it is.</param>
/// <param name="Port">AMQP over TLS.</param>
public sealed record EventHubsAddress(string HubName, string HostName, int Port)
{
    /// <summary>Where a client of the hub's own name finds its events.</summary>
    internal LinkError Redirect() => new(LinkConditions.Redirect, "The events of this hub are read from its Event Hubs-compatible address.")
    {
        Info = new Dictionary<string, object>
        {
            ["hostname"] = HostName,
            ["network-host"] = HostName,
            ["port"] = Port,
            ["address"] = string.Create(CultureInfo.InvariantCulture, $"amqps://{HostName}:{Port}/{HubName}/$management"),
        }.ToImmutableDictionary(),
    };

    internal bool IsHub(string? name) => HubName.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The SDKs take this text, and no other, for an address that does not exist.</summary>
    internal string NotFoundText(string path) => $"The messaging entity 'sb://{HostName}/{path}' could not be found.";

    internal LinkError NotFound(string path) => new(LinkConditions.NotFound, NotFoundText(path));

    internal LinkError Error(ReceiverEnd end, string message, ReceiverSpec spec) => end switch
    {
        ReceiverEnd.TooMany => new LinkError(LinkConditions.ResourceLimitExceeded, message),
        ReceiverEnd.GroupDeleted => NotFound(string.Create(CultureInfo.InvariantCulture, $"{HubName}/ConsumerGroups/{spec.Group}/Partitions/{spec.Partition}")),
        _ => new LinkError(LinkConditions.Stolen, message),
    };
}
