using Muster.Benchmarks.Load;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>Events out to one consumer group over TLS, 32 partitions, to a Node program with Azure's SDK, against a bare sender of the same messages.</summary>
internal sealed class EventsNode : Figure
{
    private const double Seconds = 2.5;

    internal override string Name => "events-node";

    internal override string Title => "events out to @azure/event-hubs on Node ÷ a bare AMQPNetLite sender to the same program";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var sides = await EventSides.StartAsync(folder.Sub("hub"));
        var node = new NodeReceiver(sides.Hub.CaFile);
        var hub = sides.Hub.EventHubsConnectionString;
        var bare = $"Endpoint=sb://{EventSides.Bare}/;SharedAccessKeyName=anybody;SharedAccessKey=any;EntityPath={EventHubsEndpoint.Name}";
        return [await sides.CompareAsync(Name, 0.8, () => node.WindowAsync(hub, Seconds), () => node.WindowAsync(bare, Seconds))];
    }
}
