using System.Diagnostics;
using System.Text.Json;

namespace Muster.Benchmarks.Load;

/// <summary>Receives events from the oldest on, as fast as they come: for each line on standard input one window, and its report.</summary>
internal static class EventDrain
{
    internal static async Task<LoadReport> RunAsync(LoadOrder order)
    {
        Console.WriteLine("ready");
        var report = new LoadReport(0, 0, 0, 0, 0);
        while (await Console.In.ReadLineAsync() is not null)
        {
            report = await WindowAsync(order);
            Console.WriteLine(JsonSerializer.Serialize(report));
        }

        return report;
    }

    private static async Task<LoadReport> WindowAsync(LoadOrder order)
    {
        await using var office = await AmqpOffice.ConnectAsync(order);
        var count = 0L;
        foreach (var link in await EventReceivers.OpenAsync(office, "-1", order.Epoch))
        {
            link.Start(EventReceivers.Credit, (from, message) =>
            {
                from.Accept(message);
                Interlocked.Increment(ref count);
            });
        }

        await Task.Delay(TimeSpan.FromSeconds(order.Seconds / 4));
        var (began, first, cpu) = (Stopwatch.GetTimestamp(), Interlocked.Read(ref count), LoadProcess.Cpu());
        await Task.Delay(TimeSpan.FromSeconds(order.Seconds));
        var (last, seconds) = (Interlocked.Read(ref count), Stopwatch.GetElapsedTime(began).TotalSeconds);
        return new LoadReport(last - first, seconds, LoadProcess.Cpu() - cpu, 0, 0, last);
    }
}
