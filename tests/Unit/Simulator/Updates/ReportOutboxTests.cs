using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using MQTTnet.Exceptions;
using Xunit;

namespace Muster.Simulation.Updates;

public sealed class ReportOutboxTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly FleetCounters counters = new();
    private readonly List<string> heard = [];

    [Fact]
    public async Task Reports_go_in_order_each_after_the_one_before_is_acknowledged()
    {
        var outbox = Filled(3);
        var acknowledged = new TaskCompletionSource<int>();
        outbox.Attach((patch, _) => Hear(patch, acknowledged.Task), TestContext.Current.CancellationToken);
        Assert.False(outbox.Idle.IsCompleted);
        acknowledged.SetResult(204);
        await outbox.Idle;
        Assert.Equal(["0", "1", "2"], heard);
    }

    [Fact]
    public async Task What_was_not_acknowledged_is_said_again_over_the_next_connection()
    {
        var outbox = Filled(2);
        using var ended = new CancellationTokenSource();
        outbox.Attach(
            async (patch, _) =>
            {
                await Hear(patch, Task.FromResult(0));
                await ended.CancelAsync();
                throw new MqttCommunicationException("gone");
            },
            ended.Token);
        await SettleAsync(outbox);
        outbox.Detach();
        outbox.Attach((patch, _) => Hear(patch, Task.FromResult(204)), TestContext.Current.CancellationToken);
        await SettleAsync(outbox);
        Assert.Equal(["0", "0", "1"], heard);
    }

    [Theory]
    [InlineData(429, 2)]
    [InlineData(503, 2)]
    [InlineData(400, 1)]
    public async Task What_the_hub_cannot_take_now_is_said_again_and_what_it_never_will_is_not(int status, int times)
    {
        var outbox = Filled(1);
        outbox.Attach((patch, _) => Hear(patch, Task.FromResult(heard.Count == 0 ? status : 204)), TestContext.Current.CancellationToken);
        await SettleAsync(outbox);
        Assert.Equal(Enumerable.Repeat("0", times), heard);
    }

    [Fact]
    public async Task Of_too_many_the_oldest_give_way()
    {
        var outbox = Filled(ReportOutbox.Capacity + 2);
        outbox.Attach((patch, _) => Hear(patch, Task.FromResult(204)), TestContext.Current.CancellationToken);
        await outbox.Idle;
        Assert.Equal(Enumerable.Range(2, ReportOutbox.Capacity).Select(number => $"{number}"), heard);
    }

    private ReportOutbox Filled(int reports)
    {
        var outbox = new ReportOutbox(counters, clock);
        for (var number = 0; number < reports; number++)
        {
            outbox.Add(new JsonObject { ["n"] = number });
        }

        return outbox;
    }

    private Task<int> Hear(byte[] patch, Task<int> status)
    {
        heard.Add(JsonNode.Parse(Encoding.UTF8.GetString(patch))!["n"]!.ToString());
        return status;
    }

    private async Task SettleAsync(ReportOutbox outbox)
    {
        while (!outbox.Idle.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }
}
