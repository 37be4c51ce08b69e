using System.Text.Json;
using Muster.Devices;
using Muster.Hosting;

namespace Muster.Rollouts;

/// <summary>Every example of the API's description, sent to a hub in an order in which they make sense: from a key that signs to a rollout that is taken back.</summary>
public sealed class OpenApiExamplesTests
{
    private const string Releases = "/api/v1/releases";
    private const string Rollouts = "/api/v1/rollouts";
    private const string Gate = "/api/v1/gates/{gateId}";
    private const string Gated = "pump-gated";
    private const string Update = "/api/v1/devices/{deviceId}/update";

    [Fact]
    public async Task Every_example_of_the_description_works()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.File("data"), "--set", "Gates:AllowPrivateAddresses=true");
        using var api = await DescribedApi.ReadAsync(hub.Connection);
        using var service = new ServiceApi(hub.Connection);

        var release = await PublishAsync(api);
        var (author, approver, manager) = await PrincipalsAsync(api);
        await using var stuck = await DeviceAsync(hub.Connection, service, api, "pump-1");
        await using var busy = await DeviceAsync(hub.Connection, service, api, "pump-2");
        var rollout = await StartAsync(api, release, (author, approver, manager));
        await StopAsync(api, (stuck, busy), (rollout, manager));
        await using var gated = await DeviceAsync(hub.Connection, service, api, "pump-3");
        await PassGatesAsync(api, (await StartGatedAsync(api, release, (author, approver, manager)), manager));
        await api.SendExampleAsync($"POST {Releases}/{{id}}/withdraw", [release]);

        Assert.Empty(api.Unsent);
    }

    private static async Task<string> PublishAsync(DescribedApi api)
    {
        var made = api.Example($"POST {Releases}");
        var id = $"{made.GetProperty("name")}@{made.GetProperty("version")}";
        var artifact = api.Example($"POST {Releases}/{{id}}/artifacts").GetProperty("name").GetString()!;
        await api.SendExampleAsync("PUT /api/v1/signing-keys/{id}", [api.Example($"PUT {Releases}/{{id}}/artifacts/{{name}}/signature").GetProperty("keyId").GetString()!]);
        await api.SendExampleAsync($"POST {Releases}", []);
        await api.SendExampleAsync($"PATCH {Releases}/{{id}}", [id]);
        var link = await api.SendExampleAsync($"POST {Releases}/{{id}}/artifacts", [id]);
        await api.UploadAsync(link.GetProperty("uploadUrl").GetString()!, "muster\n"u8.ToArray());
        await api.SendExampleAsync($"PUT {Releases}/{{id}}/artifacts/{{name}}/signature", [id, artifact]);
        await api.SendAsync($"POST {Releases}/{{id}}/publish", [id]);
        await api.SendExampleAsync("PUT /api/v1/models/{model}/golden", ["P7"]);
        return id;
    }

    private static async Task<(string Author, string Approver, string Operator)> PrincipalsAsync(DescribedApi api)
    {
        var author = await api.SendExampleAsync("POST /api/v1/principals", []);
        var role = api.Example($"PUT {Rollouts}/{{id}}").GetProperty("approvals")[0].GetProperty("role").GetString()!;
        return (Token(author), Token(await MakeAsync("sam", role)), Token(await MakeAsync("olga", "operator")));

        static string Token(JsonElement principal) => principal.GetProperty("token").GetString()!;

        Task<JsonElement> MakeAsync(string name, string role) =>
            api.SendAsync("POST /api/v1/principals", [], body: JsonSerializer.Serialize(new { name, roles = new[] { role } }));
    }

    /// <summary>A device that the release is for, at the site that the rollout is for.</summary>
    private static async Task<DeviceLink> DeviceAsync(HubConnection hub, ServiceApi service, DescribedApi api, string id)
    {
        var link = await DeviceLink.ConnectAsync(hub, id, await service.CreateAsync(id));
        await link.SubscribeAsync();
        await api.SendAsync("PATCH /twins/{deviceId}?api-version=2021-04-12", [id], body: """{"tags":{"site":"harbour"}}""");
        await link.ReportAsync(new { deviceInformation = new { manufacturer = "Muster", model = "P7", hwRevision = "1", swVersion = "1.8.0" } });
        return link;
    }

    /// <summary>Two gates that people open, and one that a business process does.</summary>
    private static async Task<GateReceiver> StartGatedAsync(DescribedApi api, string release, (string Author, string Approver, string Operator) who)
    {
        var receiver = new GateReceiver(Loopback.Next());
        object[] gates =
        [
            new { name = "line-is-safe", kind = "manual", role = "site-operations" }, new { name = "crew-is-there", kind = "manual", role = "site-operations" },
            new { name = "fuel-goes-around", kind = "webhook", url = receiver.Url },
        ];
        var plan = JsonSerializer.Serialize(new { id = Gated, name = Gated, release, target = new { condition = "", devices = new[] { "pump-3" } }, gates });
        await api.SendAsync($"POST {Rollouts}", [], who.Author, plan);
        await api.SendAsync($"POST {Rollouts}/{{id}}/submit", [Gated], who.Author);
        await api.SendAsync($"POST {Rollouts}/{{id}}/start", [Gated], who.Operator);
        return receiver;
    }

    private static async Task PassGatesAsync(DescribedApi api, (GateReceiver Receiver, string Operator) by)
    {
        using var receiver = by.Receiver;
        var call = await receiver.NextAsync();
        var gates = await Eventually.GetAsync("gates to wait", async () =>
            (await api.SendAsync("GET /api/v1/gates?device=pump-3", [], by.Operator)).GetProperty("gates") is var all && all.GetArrayLength() == 3 ? all.EnumerateArray().ToArray() : null);
        var link = new Uri(call.GetProperty("callbackUrl").GetString()!);
        await api.SendExampleAsync($"POST {Gate}/callback", [link.Segments[^2].Trim('/')], query: link.Query);
        await api.SendExampleAsync($"POST {Gate}/open", [IdOf("line-is-safe")], by.Operator);
        await api.SendExampleAsync($"POST {Gate}/renew", [IdOf("line-is-safe")], by.Operator);
        await api.SendExampleAsync($"POST {Gate}/deny", [IdOf("crew-is-there")], by.Operator);

        // Whoever opened it is told that it is over and does not answer: an operator may say that it is.
        await Eventually.TrueAsync("the gate to be closing", async () => (await api.SendAsync($"GET {Gate}", [IdOf("fuel-goes-around")], by.Operator)).GetProperty("status").GetString() == "closing");
        await api.SendExampleAsync($"POST {Gate}/close", [IdOf("fuel-goes-around")], by.Operator);

        // What was arranged for the device is undone, although its update was denied.
        Assert.Equal("close", (await receiver.NextAsync()).GetProperty("action").GetString());

        string IdOf(string name) => Array.Find(gates, gate => gate.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;
    }

    private static async Task<string> StartAsync(DescribedApi api, string release, (string Author, string Approver, string Operator) who)
    {
        Assert.Equal(release, api.Example($"POST {Rollouts}").GetProperty("release").GetString());
        var made = await api.SendExampleAsync($"POST {Rollouts}", [], who.Author);
        string[] id = [made.GetProperty("id").GetString()!];
        await api.SendExampleAsync($"PUT {Rollouts}/{{id}}", id, who.Author);
        Assert.Equal(2, (await api.SendAsync($"POST {Rollouts}/{{id}}/plan", id, who.Author)).GetProperty("total").GetInt32());
        var submitted = await api.SendAsync($"POST {Rollouts}/{{id}}/submit", id, who.Author);
        await api.SendExampleAsync("POST /api/v1/approvals/{id}", id, who.Approver, (new string('0', 64), submitted.GetProperty("planHash").GetString()!));
        await api.SendAsync($"POST {Rollouts}/{{id}}/start", id, who.Operator);
        return id[0];
    }

    private static async Task StopAsync(DescribedApi api, (DeviceLink Stuck, DeviceLink Busy) devices, (string Id, string Operator) rollout)
    {
        foreach (var device in new[] { "pump-1", "pump-2" })
        {
            await Eventually.TrueAsync($"{device} to be offered the release", async () => await StatusAsync(api, device) == "offered");
        }

        await InstallAsync(api, devices.Busy, "pump-2");
        await api.SendExampleAsync($"POST {Update}/rollback", ["pump-2"], rollout.Operator);
        await api.SendExampleAsync($"POST {Update}/cancel", ["pump-1"], rollout.Operator);
        await api.SendExampleAsync($"POST {Rollouts}/{{id}}/pause", [rollout.Id], rollout.Operator);
        await api.SendExampleAsync($"POST {Rollouts}/{{id}}/abort", [rollout.Id], rollout.Operator);
        await api.SendExampleAsync($"POST {Rollouts}/{{id}}/rollback", [rollout.Id], rollout.Operator);
    }

    /// <summary>Until it has installed, as an agent over the twin says it.</summary>
    private static async Task InstallAsync(DescribedApi api, DeviceLink device, string id)
    {
        var twin = await device.GetTwinAsync();
        var workflow = twin.GetProperty("desired").GetProperty("deviceUpdate").GetProperty("service").GetProperty("workflow").GetProperty("id").GetString();
        foreach (var step in new[] { "accepted", "downloading", "downloaded", "installing", "installed" })
        {
            await device.ReportAsync(new { deviceUpdate = new { __t = "c", agent = new { state = 6, workflow = new { action = 3, id = workflow }, step } } });
        }

        await Eventually.TrueAsync($"{id} to have installed", async () => await StatusAsync(api, id) == "installed");
    }

    private static async Task<string?> StatusAsync(DescribedApi api, string device) =>
        (await api.SendAsync($"GET {Update}", [device])).GetProperty("status").GetString();
}
