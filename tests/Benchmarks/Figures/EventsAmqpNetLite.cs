using Muster.Benchmarks.Load;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>Events out to one consumer group over TLS, 32 partitions, to AMQPNetLite's client, against a bare sender of the same messages.</summary>
internal sealed class EventsAmqpNetLite : Figure
{
    private const double Seconds = 2.5;

    internal override string Name => "events-amqpnetlite";

    internal override string Title => "events out to an AMQPNetLite client ÷ a bare AMQPNetLite sender to the same client";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var sides = await EventSides.StartAsync(folder.Sub("hub"));
        var order = sides.Hub.AmqpOrder("events-drain", "", Seconds);
        using var hub = await LoadProcess.StartAsync(order);
        using var bare = await LoadProcess.StartAsync(order with { Port = EventSides.Bare.Port });
        return [await sides.CompareAsync(Name, 0.7, () => WindowAsync(hub), () => WindowAsync(bare))];
    }

    private static async Task<LoadReport> WindowAsync(LoadProcess load)
    {
        await load.GoAsync();
        return await load.ReportAsync();
    }
}
