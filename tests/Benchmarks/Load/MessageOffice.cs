using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Amqp;
using Amqp.Framing;

namespace Muster.Benchmarks.Load;

/// <summary>
/// Sends messages to devices and waits for their feedback; each device always has the same number of messages under way. For each line on standard
/// input one window, and its report.
/// </summary>
internal sealed class MessageOffice
{
    private const int FeedbackCredit = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes($"\"{new string('x', 198)}\"");
    private readonly ConcurrentDictionary<string, long> underWay = [];
    private readonly SenderLink sender;
    private readonly LoadOrder order;
    private Latencies latencies = new();
    private long sequence;
    private long completed;
    private long failed;
    private volatile bool isSending;

    private MessageOffice(SenderLink sender, LoadOrder order) => (this.sender, this.order) = (sender, order);

    internal static async Task<LoadReport> RunAsync(LoadOrder order)
    {
        await using var connection = await AmqpOffice.ConnectAsync(order);
        var office = new MessageOffice(await connection.SenderAsync("/messages/devicebound"), order);
        var feedback = await connection.ReceiverAsync(new Attach { Source = new Source { Address = "/messages/serviceBound/feedback" }, Target = new Target() });
        feedback.Start(FeedbackCredit, office.OnFeedback);
        Console.WriteLine("ready");
        var report = new LoadReport(0, 0, 0, 0, 0);
        while (await Console.In.ReadLineAsync() is not null)
        {
            report = await office.WindowAsync();
            Console.WriteLine(JsonSerializer.Serialize(report));
        }

        return report;
    }

    private async Task<LoadReport> WindowAsync()
    {
        (latencies, isSending) = (new Latencies(), true);
        var (start, refused) = (Interlocked.Read(ref completed), Interlocked.Read(ref failed));
        for (var i = 0; i < order.Connections * order.InFlight; i++) { Send(i % order.Connections); }
        await Task.Delay(TimeSpan.FromSeconds(order.Seconds / 4));
        var (began, first, cpu) = (Stopwatch.GetTimestamp(), Interlocked.Read(ref completed), LoadProcess.Cpu());
        await Task.Delay(TimeSpan.FromSeconds(order.Seconds));
        var (last, seconds, used) = (Interlocked.Read(ref completed), Stopwatch.GetElapsedTime(began).TotalSeconds, LoadProcess.Cpu() - cpu);
        isSending = false;
        for (var since = Stopwatch.GetTimestamp(); !underWay.IsEmpty && Stopwatch.GetElapsedTime(since) < Patience;) { await Task.Delay(10); }
        return new LoadReport(last - first, seconds, used, latencies.Milliseconds(0.5), latencies.Milliseconds(0.99),
            Interlocked.Read(ref completed) - start, underWay.Count + Interlocked.Read(ref failed) - refused);
    }

    private void Send(int device)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{device}-{Interlocked.Increment(ref sequence)}");
        var message = new Message
        {
            Properties = new Properties { To = $"/devices/{order.Prefix}{device:D5}/messages/devicebound" },
            ApplicationProperties = new ApplicationProperties { ["iothub-ack"] = "full" },
            BodySection = new Data { Binary = Body },
        };
        message.Properties.SetMessageId(id);
        underWay[id] = Stopwatch.GetTimestamp();
        sender.Send(message, OnOutcome, id);
    }

    private void OnOutcome(ILink link, Message message, Outcome outcome, object state)
    {
        if (outcome is not Accepted && underWay.TryRemove((string)state, out _)) { Interlocked.Increment(ref failed); }
    }

    // One connection calls for all its links, one message after the other.
    private void OnFeedback(IReceiverLink link, Message message)
    {
        link.Accept(message);
        using var records = JsonDocument.Parse(((Data)message.BodySection).Binary);
        foreach (var record in records.RootElement.EnumerateArray())
        {
            var id = record.GetProperty("originalMessageId").GetString()!;
            if (!underWay.TryRemove(id, out var sentAt)) { continue; }
            if (record.GetProperty("statusCode").GetString() != "Success")
            {
                Interlocked.Increment(ref failed);
                continue;
            }

            latencies.Add(sentAt);
            Interlocked.Increment(ref completed);
            if (isSending) { Send(int.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture)); }
        }
    }
}
