using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Muster.Benchmarks.Load;

/// <summary>A receiver on each partition, as a back office with AMQPNetLite has them.</summary>
internal static class EventReceivers
{
    internal const int Partitions = 32;

    /// <summary>Per receiver; what Event Hubs' .NET client prefetches.</summary>
    internal const int Credit = 300;

    private static readonly Symbol Selector = new("apache.org:selector-filter:string");

    /// <summary>Attached, and without credit.</summary>
    /// <param name="office">Whose session they share.</param>
    /// <param name="offset">Where they begin: <c>-1</c> or <c>@latest</c>.</param>
    /// <param name="epoch">Their owner level; null for none.</param>
    internal static async Task<ReceiverLink[]> OpenAsync(AmqpOffice office, string offset, long? epoch)
    {
        var links = new ReceiverLink[Partitions];
        for (var partition = 0; partition < Partitions; partition++)
        {
            links[partition] = await office.ReceiverAsync(new Attach
            {
                Source = new Source
                {
                    Address = $"{EventHubsEndpoint.Name}/ConsumerGroups/$Default/Partitions/{partition}",
                    FilterSet = new Map { [Selector] = new DescribedValue(Selector, $"amqp.annotation.x-opt-offset > '{offset}'") },
                },
                Target = new Target { Address = "bench" },
                Properties = epoch is null ? null : new Fields { [new Symbol("com.microsoft:epoch")] = epoch },
            });
        }

        return links;
    }
}
