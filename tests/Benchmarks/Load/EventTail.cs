using System.Diagnostics;
using System.Globalization;
using Amqp;
using Amqp.Framing;

namespace Muster.Benchmarks.Load;

/// <summary>
/// Receives what <see cref="PacedEvents"/> sends, from the end of the log on; its second line of standard input says how many events that was, and
/// its report how long they took and whether all came, each once and in its device's order.
/// </summary>
internal sealed class EventTail
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly long[] last = new long[PacedEvents.MaxDevices];
    private readonly List<long> ticks = [];
    private long received;
    private long reordered;

    internal static async Task<LoadReport> RunAsync(LoadOrder order)
    {
        await using var office = await AmqpOffice.ConnectAsync(order);
        var tail = new EventTail();
        foreach (var link in await EventReceivers.OpenAsync(office, "@latest", order.Epoch)) { link.Start(EventReceivers.Credit, tail.OnMessage); }
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        var (began, cpu) = (Stopwatch.GetTimestamp(), LoadProcess.Cpu());
        var sent = long.Parse(await Console.In.ReadLineAsync() ?? "0", CultureInfo.InvariantCulture);
        await tail.UntilAsync(sent);
        return tail.Report(sent, Stopwatch.GetElapsedTime(began).TotalSeconds, LoadProcess.Cpu() - cpu);
    }

    // One connection calls for all its links, one message after the other.
    private void OnMessage(IReceiverLink link, Message message)
    {
        link.Accept(message);
        if (message.BodySection is not Data { Binary: { } body } || !EventBody.TryRead(body, out var stamp)) { return; }
        if (stamp.IsMeasured) { ticks.Add(Stopwatch.GetTimestamp() - stamp.At); }
        if (stamp.Number != last[stamp.Device] + 1) { reordered++; }
        last[stamp.Device] = Math.Max(last[stamp.Device], stamp.Number);
        Interlocked.Increment(ref received);
    }

    private async Task UntilAsync(long sent)
    {
        for (var (seen, since) = (-1L, 0L); Interlocked.Read(ref received) < sent;)
        {
            if (seen != Interlocked.Read(ref received)) { (seen, since) = (Interlocked.Read(ref received), Stopwatch.GetTimestamp()); }
            if (Stopwatch.GetElapsedTime(since) > Patience) { return; }
            await Task.Delay(10);
        }
    }

    private LoadReport Report(long sent, double seconds, double cpu)
    {
        ticks.Sort();
        return new LoadReport(received, seconds, cpu, Milliseconds(0.5), Milliseconds(0.99), received, Math.Max(0, sent - received))
        {
            Max = Milliseconds(1),
            Reordered = reordered,
        };
    }

    private double Milliseconds(double percentile) =>
        ticks.Count == 0 ? double.NaN : ticks[(int)(percentile * (ticks.Count - 1))] * 1000.0 / Stopwatch.Frequency;
}
