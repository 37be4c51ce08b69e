using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Muster.Gateway;
using Orleans.Runtime;
using Xunit;

namespace Muster.Rollouts;

public sealed class RolloutEventsTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_watcher_is_told_of_each_change_until_the_rollout_is_final()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var rollout = gateway.Cluster.Rollouts["r"];
        rollout.View = FakeRollout.Stands("r", RolloutStatus.Running);
        using var events = await Watch.OpenAsync(gateway, "r");

        Assert.Equal((200, "text/event-stream", "no-store"), (events.Status, events.ContentType, events.CacheControl));
        Assert.Equal("retry: 2000", await events.NextAsync());
        var first = await events.NextAsync();
        Assert.StartsWith("event: progress\nid: ", first, StringComparison.Ordinal);
        Assert.Contains("\ndata: {\"id\":\"r\",\"name\":\"Pump\",\"etag\":\"e1\",\"status\":\"running\",", first, StringComparison.Ordinal);
        Assert.DoesNotContain("\"spec\"", first, StringComparison.Ordinal);

        rollout.View = rollout.View with { InFlight = 5 };
        Assert.Contains("\"inFlight\":5", await events.NextAsync(), StringComparison.Ordinal);
        rollout.View = rollout.View with { Status = RolloutStatus.Completed };
        Assert.Contains("\"status\":\"completed\"", await events.NextAsync(), StringComparison.Ordinal);
        Assert.Null(await events.NextAsync());
        Assert.Equal(0, gateway.Services.GetRequiredService<RolloutStreams>().Count);
    }

    [Fact]
    public async Task While_nothing_changes_there_is_a_comment_every_fifteen_seconds_and_no_event()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts["r"].View = FakeRollout.Stands("r", RolloutStatus.Running);
        using var events = await Watch.OpenAsync(gateway, "r");

        // Time passes while what was said is on its way to the reader.
        var before = gateway.Time.GetUtcNow();
        await events.NextAsync();
        await events.NextAsync();

        Assert.Equal(":", await events.NextAsync());

        Assert.InRange((gateway.Time.GetUtcNow() - before).TotalSeconds, 15, 3600);
    }

    [Fact]
    public async Task One_who_comes_back_is_not_told_again_what_it_has_seen()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var rollout = gateway.Cluster.Rollouts["r"];
        rollout.View = FakeRollout.Stands("r", RolloutStatus.Running);
        string seen;
        using (var events = await Watch.OpenAsync(gateway, "r"))
        {
            await events.NextAsync();
            seen = (await events.NextAsync())!.Split('\n')[1]["id: ".Length..];
        }

        using var again = await Watch.OpenAsync(gateway, "r", seen);
        await again.NextAsync();
        Assert.Equal(":", await again.NextAsync());
        rollout.View = rollout.View with { Status = RolloutStatus.Aborted };
        var last = await again.NextAsync();
        Assert.Contains("\"aborted\"", last, StringComparison.Ordinal);

        using var over = await Watch.OpenAsync(gateway, "r", last!.Split('\n')[1]["id: ".Length..]);
        Assert.Equal(204, over.Status);
    }

    [Fact]
    public async Task A_cluster_that_cannot_answer_for_a_while_ends_no_stream()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var rollout = gateway.Cluster.Rollouts["r"];
        rollout.View = FakeRollout.Stands("r", RolloutStatus.Running);
        using var events = await Watch.OpenAsync(gateway, "r");
        await events.NextAsync();
        await events.NextAsync();

        gateway.Cluster.Fault = new SiloUnavailableException();
        Assert.Equal(":", await events.NextAsync());
        gateway.Cluster.Fault = null;
        rollout.View = rollout.View with { InFlight = 1 };

        Assert.Contains("\"inFlight\":1", await events.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_are_a_hundred_streams_at_most_and_one_that_ends_makes_room()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts["r"].View = FakeRollout.Stands("r", RolloutStatus.Running);
        var streams = gateway.Services.GetRequiredService<RolloutStreams>();
        var open = Enumerable.Range(0, RolloutStreams.Max).Select(i => streams.Open($"r{i % 7}")!).ToArray();

        using (var refused = await Watch.OpenAsync(gateway, "r"))
        {
            Assert.Equal((429, "application/problem+json"), (refused.Status, refused.ContentType));
            Assert.Equal("5", refused.RetryAfter);
        }

        open[0].Dispose();
        open[0].Dispose();
        using (var taken = await Watch.OpenAsync(gateway, "r"))
        {
            Assert.Equal(200, taken.Status);
        }

        Array.ForEach(open, stream => stream.Dispose());
        Assert.InRange(streams.Count, 0, 1);
    }

    [Fact]
    public async Task However_many_watch_a_rollout_is_asked_once_a_second()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var streams = gateway.Services.GetRequiredService<RolloutStreams>();
        using var one = streams.Open("r")!;
        using var other = streams.Open("r")!;

        await Task.WhenAll(one.ReadAsync(), other.ReadAsync(), other.ReadAsync());
        Assert.Equal(1, gateway.Cluster.Rollouts["r"].Reads);
        gateway.Time.Advance(RolloutStreams.Interval);
        await Task.WhenAll(one.ReadAsync(), other.ReadAsync());

        Assert.Equal(2, gateway.Cluster.Rollouts["r"].Reads);
    }

    [Fact]
    public async Task There_is_nothing_to_watch_of_a_rollout_that_is_not_there()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Rollouts["r"].Refusal = new(Errors.HubErrorCode.RolloutNotFound, "None.");

        Assert.Equal(404, (await gateway.SendAsync(HttpMethod.Get, "/api/v1/rollouts/r/events", null, FakePrincipals.Ada)).Status);
    }

    /// <summary>A stream of events, read one by one while the gateway's clock runs.</summary>
    private sealed class Watch(GatewayFixture gateway, HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        internal int Status => (int)response.StatusCode;

        internal string? ContentType => response.Content.Headers.ContentType?.MediaType;

        internal string? CacheControl => response.Headers.CacheControl?.ToString();

        internal string? RetryAfter => response.Headers.RetryAfter?.ToString();

        internal static async Task<Watch> OpenAsync(GatewayFixture gateway, string id, string? lastEventId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/rollouts/{id}/events");
            request.Headers.TryAddWithoutValidation("Authorization", FakePrincipals.Ada.Item2);
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
            var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            return new Watch(gateway, response, new StreamReader(await response.Content.ReadAsStreamAsync(None)));
        }

        /// <summary>Null at the end.</summary>
        internal async Task<string?> NextAsync()
        {
            var text = new StringBuilder();
            while (await LineAsync() is { } line)
            {
                if (line.Length == 0)
                {
                    return text.ToString().TrimEnd('\n');
                }

                text.Append(line).Append('\n');
            }

            return null;
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }

        private async Task<string?> LineAsync()
        {
            var line = reader.ReadLineAsync(None).AsTask();
            while (await Task.WhenAny(line, Task.Delay(1, TestContext.Current.CancellationToken)) != line)
            {
                gateway.Time.Advance(TimeSpan.FromMilliseconds(500));
            }

            return await line;
        }
    }
}
