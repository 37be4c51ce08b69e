using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muster.Devices;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Mender;

public sealed class MenderRoutesTests : IDisposable
{
    private const string Tenant = "a-tenant-token-of-24-chars";
    private const string Next = "/api/devices/v2/deployments/device/deployments/next";
    private readonly RSA key = RSA.Create(2048);

    private string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    [Fact]
    public async Task A_client_waits_until_its_key_is_accepted()
    {
        await using var hub = await AgentFixture.StartAsync();
        Assert.Equal(401, (await AuthenticateAsync(hub)).Status);
        Assert.Null(hub.Devices["00:11"].Spec);

        hub.Devices.Register("00:11");
        Assert.Equal(401, (await AuthenticateAsync(hub)).Status);

        hub.Devices.Register("00:11", tags: Accepted());
        var answer = await AuthenticateAsync(hub);
        Assert.Equal(200, answer.Status);
        Assert.Equal(2, answer.Body.Count(c => c == '.'));
    }

    [Fact]
    public async Task A_client_that_knows_the_tenant_token_is_registered_with_its_key_where_that_is_wanted()
    {
        await using var hub = await AgentFixture.StartAsync(("Mender:AutoAccept", "true"), ("Mender:TenantToken", Tenant));

        Assert.Equal(401, (await AuthenticateAsync(hub, tenant: "wrong")).Status);
        Assert.Null(hub.Devices["00:11"].Spec);
        Assert.Equal(200, (await AuthenticateAsync(hub, tenant: Tenant)).Status);
        Assert.Equal(AuthenticationType.None, hub.Devices["00:11"].Spec!.Authentication.Type);
        Assert.Equal(Accepted(), hub.Devices["00:11"].Tags);
    }

    [Fact]
    public async Task Nobody_takes_the_place_of_a_device_that_is_registered()
    {
        await using var hub = await AgentFixture.StartAsync(("Mender:AutoAccept", "true"), ("Mender:TenantToken", Tenant));
        hub.Devices.Register("00:11");
        Assert.Equal(401, (await AuthenticateAsync(hub, tenant: Tenant)).Status);

        hub.Devices.Register("00:11", tags: """{"mender":{"keySha256":"another"}}""");
        Assert.Equal(401, (await AuthenticateAsync(hub, tenant: Tenant)).Status);

        hub.Devices.Register("00:11", tags: Accepted(), status: DeviceStatus.Disabled);
        Assert.Equal(401, (await AuthenticateAsync(hub, tenant: Tenant)).Status);
    }

    [Fact]
    public async Task A_request_that_another_key_signed_is_refused()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("00:11", tags: Accepted());
        using var other = RSA.Create(2048);

        Assert.Equal(401, (await AuthenticateAsync(hub, signer: other)).Status);
        Assert.Equal(400, (await hub.SendAsync("POST", "/api/devices/v1/authentication/auth_requests", "{}")).Status);
    }

    [Fact]
    public async Task A_token_ends_with_the_key_that_it_was_given_for_and_with_the_registration()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        Assert.Equal(204, (await PostNextAsync(hub, token)).Status);

        hub.Devices.Register("00:11", tags: """{"mender":{"keySha256":"another"}}""");
        Assert.Equal(401, (await PostNextAsync(hub, token)).Status);
        hub.Devices["00:11"].Row = null;
        Assert.Equal(401, (await PostNextAsync(hub, token)).Status);
        Assert.Equal(401, (await hub.SendAsync("POST", Next, new { device_provides = new { } })).Status);
    }

    [Fact]
    public async Task The_inventory_says_what_the_device_is()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        object inventory = new object[] { new { name = "artifact_name", value = "1.0.0" }, new { name = "device_type", value = "P7" }, new { name = "ipv4", value = new[] { "1.2.3.4" } } };

        Assert.Equal(200, (await hub.SendAsync("PUT", "/api/devices/v1/inventory/device/attributes", inventory, token)).Status);
        Assert.Equal(200, (await hub.SendAsync("PATCH", "/api/devices/v1/inventory/device/attributes", inventory, token)).Status);
        Assert.Equal(400, (await hub.SendAsync("PUT", "/api/devices/v1/inventory/device/attributes", "{}", token)).Status);
        var facts = JsonDocument.Parse(hub.Devices["00:11"].Patches.First()).RootElement.GetProperty("deviceInformation");
        Assert.Equal(["model=P7", "swVersion=1.0.0", "updateAgent=mender"], facts.EnumerateObject().Select(fact => $"{fact.Name}={fact.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_deployment_is_given_with_a_link_that_needs_no_token_and_a_map()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        var device = hub.Devices["00:11"];
        device.Offer = AgentFixture.Offer("pump.mender", UpdatePermit.Download);

        var deployment = (await PostNextAsync(hub, token)).Json;

        Assert.Equal(DeploymentId.Make("00:11", 101), deployment.GetProperty("id").GetGuid());
        var artifact = deployment.GetProperty("artifact");
        Assert.Equal("2.0.0", artifact.GetProperty("artifact_name").GetString());
        Assert.Equal("P7", artifact.GetProperty("device_types_compatible")[0].GetString());
        Assert.Equal("https://hub.example:8443/artifacts/pump.mender?d=00:11", artifact.GetProperty("source").GetProperty("uri").GetString());
        Assert.Equal(AgentFixture.Start.AddHours(1), artifact.GetProperty("source").GetProperty("expire").GetDateTimeOffset());
        Assert.True(deployment.TryGetProperty("update_control_map", out _));
        Assert.Equal(AgentEvent.Fetched, Assert.Single(device.Reports).Event);

        var map = await hub.SendAsync("GET", Path("/v2", "update_control_map"), null, token);
        Assert.Equal(200, map.Status);
        Assert.Equal(404, (await hub.SendAsync("GET", Path("/v2", "update_control_map", wireId: 102), null, token)).Status);
    }

    [Fact]
    public async Task A_client_that_takes_no_map_is_given_only_what_it_may_install()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        hub.Devices["00:11"].Offer = AgentFixture.Offer("pump.mender", UpdatePermit.Download);
        object request = new { artifact_name = "1.0.0", device_type = "P7" };

        Assert.Equal(204, (await hub.SendAsync("POST", Next.Replace("v2", "v1", StringComparison.Ordinal), request, token)).Status);

        hub.Devices["00:11"].Offer = AgentFixture.Offer("pump.mender", UpdatePermit.Install);
        var deployment = await hub.SendAsync("GET", Next.Replace("v2", "v1", StringComparison.Ordinal) + "?artifact_name=1.0.0&device_type=P7", null, token);
        Assert.Equal(200, deployment.Status);
        Assert.False(deployment.Json.TryGetProperty("update_control_map", out _));
    }

    [Fact]
    public async Task A_client_that_asks_for_its_next_deployment_has_ended_the_one_before()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        var device = hub.Devices["00:11"];

        device.Offer = AgentFixture.Offer("pump.mender") with { IsCancel = true };
        Assert.Equal(204, (await PostNextAsync(hub, token)).Status);
        device.Offer = AgentFixture.Offer("pump.mender") with { MustRollBack = true };
        Assert.Equal(204, (await PostNextAsync(hub, token)).Status);

        Assert.Equal([AgentEvent.Canceled, AgentEvent.Failed], device.Reports.Select(report => report.Event));
    }

    [Fact]
    public async Task A_status_is_answered_204_and_409_once_the_client_is_to_stop()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        var device = hub.Devices["00:11"];
        device.Offer = AgentFixture.Offer("pump.mender");
        device.Status = UpdateStatus.Installing;

        Assert.Equal(204, (await StatusAsync(hub, token, "downloading")).Status);
        Assert.Equal(400, (await StatusAsync(hub, token, "dancing")).Status);
        Assert.Equal(404, (await StatusAsync(hub, token, "downloading", wireId: 102)).Status);
        device.Offer = AgentFixture.Offer("pump.mender") with { MustRollBack = true };
        Assert.Equal(409, (await StatusAsync(hub, token, "installing")).Status);
        device.Offer = AgentFixture.Offer("pump.mender") with { IsCancel = true };
        Assert.Equal(409, (await StatusAsync(hub, token, "downloading")).Status);
        Assert.Equal(204, (await StatusAsync(hub, token, "failure")).Status);
        Assert.Equal(
            [AgentEvent.Downloading, AgentEvent.Confirming, AgentEvent.Downloading, AgentEvent.Failed],
            device.Reports.Select(report => report.Event));
    }

    [Fact]
    public async Task A_client_that_is_late_is_stopped_unless_it_is_done()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        hub.Devices["00:11"].Judge = _ => new UpdateReply.Late(UpdateStatus.Canceled);

        Assert.Equal(409, (await StatusAsync(hub, token, "downloading")).Status);
        Assert.Equal(204, (await StatusAsync(hub, token, "success")).Status);
    }

    [Fact]
    public async Task A_log_is_kept_as_evidence()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        var device = hub.Devices["00:11"];
        device.Offer = AgentFixture.Offer("pump.mender");
        object log = new { messages = new[] { new { timestamp = "2030-01-01T00:00:00Z", level = "error", message = "no space left" } } };

        Assert.Equal(204, (await hub.SendAsync("PUT", Path("/v1", "log"), log, token)).Status);
        Assert.Equal(404, (await hub.SendAsync("PUT", Path("/v1", "log", wireId: 102), log, token)).Status);
        Assert.Equal(400, (await hub.SendAsync("PUT", Path("/v1", "log"), "[]", token)).Status);
        Assert.Equal((AgentEvent.Log, "no space left"), (Assert.Single(device.Reports).Event, device.Reports.First().Message));
    }

    public void Dispose() => key.Dispose();

    private string Accepted() => $$$"""{"mender":{"keySha256":"{{{Fingerprint}}}"}}""";

    private static string Path(string version, string what, int wireId = 101) =>
        $"/api/devices{version}/deployments/device/deployments/{DeploymentId.Make("00:11", wireId)}/{what}";

    private static Task<Answer> PostNextAsync(AgentFixture hub, (string, string?) token) => hub.SendAsync(
        "POST", Next, new { device_provides = new { artifact_name = "1.0.0", device_type = "P7" }, update_control_map = true }, token);

    private static Task<Answer> StatusAsync(AgentFixture hub, (string, string?) token, string status, int wireId = 101) =>
        hub.SendAsync("PUT", Path("/v1", "status", wireId), new { status }, token);

    private async Task<(string Name, string? Value)> TokenAsync(AgentFixture hub)
    {
        hub.Devices.Register("00:11", tags: Accepted());
        return ("Authorization", $"Bearer {(await AuthenticateAsync(hub)).Body}");
    }

    private Task<Answer> AuthenticateAsync(AgentFixture hub, string tenant = "", RSA? signer = null)
    {
        var body = JsonSerializer.Serialize(new { id_data = """{"mac":"00:11"}""", tenant_token = tenant, pubkey = key.ExportSubjectPublicKeyInfoPem() }) + "\n";
        var signature = (signer ?? key).SignData(Encoding.UTF8.GetBytes(body), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return hub.SendAsync("POST", "/api/devices/v1/authentication/auth_requests", body, ("X-MEN-Signature", Convert.ToBase64String(signature)), ("Authorization", "Bearer "));
    }
}
