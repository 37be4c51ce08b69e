using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Muster.Fixture;
using Xunit;

namespace Muster.Routing;

/// <summary>Against the mock cluster that librdkafka brings; no real broker was asked.</summary>
public sealed class KafkaTests(RoutingFixture hub) : IClassFixture<RoutingFixture>
{
    [Fact]
    public async Task A_route_s_events_become_messages_of_a_topic_in_order_per_device()
    {
        using var cluster = new MockCluster();
        var (run, first, second) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"), RoutingFixture.NewName("d"));
        var (endpoint, route) = (RoutingFixture.NewName("kafka"), RoutingFixture.NewName("route"));
        Assert.Equal(201, (await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "kafka", bootstrapServers = cluster.Servers, topic = run })).Status);
        Assert.Equal(201, (await hub.PutAsync($"/api/v1/routes/{route}", new { condition = $"run = '{run}'", endpoint })).Status);

        await hub.SayAsync(first, run, 120);
        await hub.SayAsync(second, run, 80);
        await Eventually.HoldsAsync("all is delivered", async () => (await hub.StatusAsync(route)).GetProperty("delivered").GetInt64() == 200);

        var messages = cluster.Consume(run, 200);
        Assert.Equal(Enumerable.Range(0, 120), Numbers(messages, first));
        Assert.Equal(Enumerable.Range(0, 80), Numbers(messages, second));
        Assert.All(messages, message => Assert.Equal(run, Header(message, "run")));
        Assert.All(messages, message => Assert.Equal("application/json", Header(message, KafkaSink.SystemPrefix + "content-type")));
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_told_and_holds_no_webhook_back()
    {
        await using var server = await WebhookServer.StartAsync();
        var (run, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"));
        var (endpoint, route) = (RoutingFixture.NewName("kafka"), RoutingFixture.NewName("route"));
        Assert.Equal(201, (await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "kafka", bootstrapServers = "127.0.0.18:9", topic = "t" })).Status);
        Assert.Equal(201, (await hub.PutAsync($"/api/v1/routes/{route}", new { condition = $"run = '{run}'", endpoint })).Status);
        await hub.RouteToAsync(server.Url, $"run = '{run}'");

        var said = await hub.SayAsync(device, run, 5);
        await server.TakesAsync(said);
        await Eventually.HoldsAsync("the status tells of it", async () =>
            await hub.StatusAsync(route) is var status && status.GetProperty("retries").GetInt64() > 0 && status.GetProperty("lag").GetInt64() >= 5);
        Assert.Equal(204, (await hub.SendAsync("DELETE", $"/api/v1/routes/{route}", null)).Status);
    }

    private static IEnumerable<int> Numbers(List<Message<string, byte[]>> messages, string device) => messages.Where(message => message.Key == device)
        .Select(message => System.Text.Json.JsonElement.Parse(message.Value).GetProperty("n").GetInt32());

    private static string Header(Message<string, byte[]> message, string name) => Encoding.UTF8.GetString(message.Headers.GetLastBytes(name));

    /// <summary>Three brokers inside of this process, which live as long as the producer that was told to make them.</summary>
    private sealed class MockCluster : IDisposable
    {
        private readonly IProducer<Null, Null> owner;
        private readonly IAdminClient admin;

        internal MockCluster()
        {
            var config = new ProducerConfig { BootstrapServers = "mock" };
            config.Set("test.mock.num.brokers", "3");
            owner = new ProducerBuilder<Null, Null>(config).SetLogHandler(static (_, _) => { }).Build();
            admin = new DependentAdminClientBuilder(owner.Handle).Build();
            Servers = string.Join(',', admin.GetMetadata(TimeSpan.FromSeconds(20)).Brokers.Select(static broker => string.Create(CultureInfo.InvariantCulture, $"{broker.Host}:{broker.Port}")));
        }

        internal string Servers { get; }

        internal List<Message<string, byte[]>> Consume(string topic, int count)
        {
            var config = new ConsumerConfig { BootstrapServers = Servers, GroupId = topic, AutoOffsetReset = AutoOffsetReset.Earliest };
            using var consumer = new ConsumerBuilder<string, byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
            var partitions = admin.GetMetadata(topic, TimeSpan.FromSeconds(20)).Topics[0].Partitions;
            consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(topic, partition.PartitionId, Offset.Beginning)));
            var messages = new List<Message<string, byte[]>>();
            while (messages.Count < count && consumer.Consume(TimeSpan.FromSeconds(20)) is { } result)
            {
                messages.Add(result.Message);
            }

            return messages;
        }

        public void Dispose()
        {
            admin.Dispose();
            owner.Dispose();
        }
    }
}
