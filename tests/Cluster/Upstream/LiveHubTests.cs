using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Devices;
using Muster.Fixture;
using Muster.Json;
using Muster.Telemetry;
using Muster.Twins;
using Xunit;

namespace Muster.Upstream;

/// <summary>
/// Against a real IoT hub: <c>tests/live</c>, with IOTHUB_CONNECTION_STRING and EVENTHUB_CONNECTION_STRING set; <c>Upstream__CaCertificate</c> and the like
/// for one of one's own. Makes one device there, and deletes it.
/// </summary>
[Trait("Needs", "IoT hub")]
public sealed class LiveHubTests
{
    private readonly string deviceId = $"muster-live-{Guid.NewGuid():N}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_of_a_real_hub_is_made_heard_changed_and_deleted()
    {
        await using var services = Services();
        var (hub, events) = (services.GetRequiredService<IUpstreamHub>(), services.GetRequiredService<IUpstreamEvents>());
        var key = DeviceKey.Parse(deviceId);
        var identity = Json(await hub.PutIdentityAsync(key, new IdentitySpec(), null, Cancel));
        try
        {
            var receivers = await OpenAllAsync(events);
            await SendTelemetryAsync(services, identity.GetProperty("authentication").GetProperty("symmetricKey").GetProperty("primaryKey").GetString()!);
            Assert.Equal("hello", await HeardAsync(receivers));
            var twin = Json(await hub.ChangeTwinAsync(key, new TwinChange { Tags = JsonUtf8.Parse("""{"by":"muster"}""") }, Cancel));
            Assert.Equal("muster", twin.GetProperty("tags").GetProperty("by").GetString());
            foreach (var receiver in receivers)
            {
                await receiver.DisposeAsync();
            }
        }
        finally
        {
            Assert.Null(await hub.DeleteIdentityAsync(key, null, CancellationToken.None));
        }
    }

    private static ServiceProvider Services()
    {
        var services = new ServiceCollection();
        services.AddLogging(static logging => logging.AddConsole());
        var environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        services.Configure<UpstreamOptions>(environment.GetSection(UpstreamOptions.Section));
        services.Configure<UpstreamOptions>(static options =>
        {
            options.ConnectionString = Environment.GetEnvironmentVariable("IOTHUB_CONNECTION_STRING");
            options.EventHubsConnectionString = Environment.GetEnvironmentVariable("EVENTHUB_CONNECTION_STRING");
        });
        services.AddUpstreamClient(static _ => static () => 1);
        return services.BuildServiceProvider();
    }

    private static JsonElement Json(UpstreamReply reply) => JsonDocument.Parse(Assert.IsType<UpstreamReply.Found>(reply).Json.Memory).RootElement;

    private static async Task<IUpstreamReceiver[]> OpenAllAsync(IUpstreamEvents events)
    {
        var count = await events.CountPartitionsAsync(Cancel);
        var epoch = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return await Task.WhenAll(Enumerable.Range(0, count).Select(partition => events.OpenAsync(partition, 0, epoch, Cancel)));
    }

    private async Task SendTelemetryAsync(ServiceProvider services, string deviceKey)
    {
        var host = services.GetRequiredService<HubConnectionString>().HostName;
        var port = services.GetRequiredService<IOptions<UpstreamOptions>>().Value.HttpsPort;
        using var client = new HttpClient(UpstreamHosting.Handler(services.GetRequiredService<UpstreamTrust>()));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{host}:{port}/devices/{deviceId}/messages/events?api-version=2021-04-12");
        var expiry = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        request.Headers.TryAddWithoutValidation("Authorization", SasTokens.Sign($"{host}/devices/{deviceId}", deviceKey, expiry));
        request.Content = new ByteArrayContent("hello"u8.ToArray());
        using var response = await client.SendAsync(request, Cancel);
        response.EnsureSuccessStatusCode();
    }

    private async Task<string> HeardAsync(IUpstreamReceiver[] receivers)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        var heard = await Task.WhenAny(receivers.Select(receiver => HeardAsync(receiver, patience.Token)));
        return await heard;
    }

    private async Task<string> HeardAsync(IUpstreamReceiver receiver, CancellationToken cancellationToken)
    {
        while (true)
        {
            var events = await receiver.ReadAsync(100, cancellationToken);
            if (events.FirstOrDefault(one => one.DeviceId == deviceId && one.Source == EventSource.Telemetry) is { } mine)
            {
                return Encoding.UTF8.GetString(mine.Body.Span);
            }
        }
    }
}
