using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Gateway;
using Muster.Json;
using Muster.Methods;
using Muster.Twins;
using Xunit;

namespace Muster.Upstream;

/// <summary>The REST client against the real API of another hub.</summary>
public sealed class UpstreamHubTests(ServiceFixture service) : IClassFixture<ServiceFixture>, IAsyncLifetime
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DeviceKey key = DeviceKey.Parse(ServiceFixture.NewId());
    private UpstreamBudget budget = null!;
    private RestClient rest = null!;
    private UpstreamHub hub = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private DeviceKey Module => DeviceKey.Parse($"{key}/m 1");

    public ValueTask InitializeAsync()
    {
        var (options, clock) = (Options.Create(new UpstreamOptions { RequestsPerSecond = 1000 }), TimeProvider.System);
        var where = new HubConnectionString("localhost", "iothubowner", ServiceFixture.Key);
        var instruments = new UpstreamInstruments(services.GetRequiredService<IMeterFactory>());
        budget = new UpstreamBudget(options, static () => 1, instruments, clock);
        rest = new RestClient(where, options, service.Handler(), SasSigner.Of(where, clock), budget, instruments, clock);
        hub = new UpstreamHub(rest, null!);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        rest.Dispose();
        budget.Dispose();
        await services.DisposeAsync();
    }

    [Fact]
    public async Task Identities_are_registered_updated_by_their_etag_and_deleted()
    {
        var made = Json(await hub.PutIdentityAsync(key, new IdentitySpec(), null, Cancel));
        Assert.Equal(44, made.GetProperty("authentication").GetProperty("symmetricKey").GetProperty("primaryKey").GetString()!.Length);
        Assert.Equal(HubErrorCode.DeviceAlreadyExists, Code(await hub.PutIdentityAsync(key, new IdentitySpec(), null, Cancel)));
        Json(await hub.PutIdentityAsync(Module, new IdentitySpec { ManagedBy = "me" }, null, Cancel));
        Assert.Equal("me", Json(await hub.GetIdentityAsync(Module, Cancel)).GetProperty("managedBy").GetString());
        var disabled = new IdentitySpec { Status = DeviceStatus.Disabled, StatusReason = "lost" };
        Assert.Equal("disabled", Json(await hub.PutIdentityAsync(key, disabled, made.GetProperty("etag").GetString(), Cancel)).GetProperty("status").GetString());
        Assert.Equal(HubErrorCode.PreconditionFailed, Code(await hub.PutIdentityAsync(key, disabled, made.GetProperty("etag").GetString(), Cancel)));
        Assert.Null(await hub.DeleteIdentityAsync(key, null, Cancel));
        Assert.Equal(HubErrorCode.DeviceNotFound, (await hub.DeleteIdentityAsync(key, null, Cancel))!.Code);
        Assert.Equal(HubErrorCode.DeviceNotFound, Code(await hub.GetIdentityAsync(key, Cancel)));
    }

    [Fact]
    public async Task Twins_are_merged_replaced_and_guarded_by_their_etag()
    {
        Json(await hub.PutIdentityAsync(key, new IdentitySpec(), null, Cancel));
        var change = new TwinChange { Tags = JsonUtf8.Parse("""{"site":"a"}"""), Desired = JsonUtf8.Parse("""{"x":{"y":1}}""") };
        var merged = Json(await hub.ChangeTwinAsync(key, change, Cancel));
        Assert.Equal("a", merged.GetProperty("tags").GetProperty("site").GetString());
        var etag = merged.GetProperty("etag").GetString();
        var replaced = Json(await hub.ChangeTwinAsync(key, new TwinChange { Tags = JsonUtf8.Parse("""{"b":2}"""), Replace = true, IfMatch = etag }, Cancel));
        Assert.False(replaced.GetProperty("tags").TryGetProperty("site", out _));
        Assert.False(replaced.GetProperty("properties").GetProperty("desired").TryGetProperty("x", out _));
        Assert.Equal(HubErrorCode.PreconditionFailed, Code(await hub.ChangeTwinAsync(key, change with { IfMatch = etag }, Cancel)));
        Assert.Equal(2, Json(await hub.GetTwinAsync(key, Cancel)).GetProperty("tags").GetProperty("b").GetInt32());
        Assert.Equal(HubErrorCode.DeviceNotFound, Code(await hub.GetTwinAsync(DeviceKey.Parse(key + "x"), Cancel)));
    }

    [Fact]
    public async Task All_twins_are_listed_page_by_page()
    {
        Json(await hub.PutIdentityAsync(key, new IdentitySpec(), null, Cancel));
        Json(await hub.PutIdentityAsync(Module, new IdentitySpec(), null, Cancel));
        var found = new List<DeviceKey>();
        string? continuation = null;
        do
        {
            var page = await hub.ListTwinsAsync(continuation, Cancel);
            found.AddRange(page.Twins.Select(static twin => KeyOf(JsonDocument.Parse(twin.Memory).RootElement)));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Single(found, key);
        Assert.Single(found, Module);
        Assert.True(found.IndexOf(key) < found.IndexOf(Module));
    }

    [Fact]
    public async Task Methods_and_purges_are_passed_on_and_refused_as_the_hub_does()
    {
        var call = new MethodCall { Name = "reboot", ResponseTimeout = TimeSpan.FromSeconds(5) };
        Assert.Equal(HubErrorCode.DeviceNotFound, Assert.IsType<MethodReply.Refused>(await hub.InvokeMethodAsync(key, call, Cancel)).Why.Code);
        Json(await hub.PutIdentityAsync(key, new IdentitySpec(), null, Cancel));
        Assert.Equal(HubErrorCode.DeviceNotOnline, Assert.IsType<MethodReply.Refused>(await hub.InvokeMethodAsync(key, call, Cancel)).Why.Code);
        Assert.Equal(0, Assert.IsType<PurgeMessagesReply.Purged>(await hub.PurgeMessagesAsync(key, Cancel)).Count);
    }

    private static DeviceKey KeyOf(JsonElement twin) => DeviceKey.TryCreate(
        twin.GetProperty("deviceId").GetString(), twin.TryGetProperty("moduleId", out var module) ? module.GetString() : null, out var key) ? key : default;

    private static JsonElement Json(UpstreamReply reply) => JsonDocument.Parse(Assert.IsType<UpstreamReply.Found>(reply).Json.Memory).RootElement;

    private static HubErrorCode Code(UpstreamReply reply) => Assert.IsType<UpstreamReply.Refused>(reply).Why.Code;
}
