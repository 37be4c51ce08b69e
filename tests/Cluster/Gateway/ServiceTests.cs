using System.Text.Json;
using Xunit;

namespace Muster.Gateway;

public sealed class ServiceTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task A_device_is_created_with_keys_read_updated_and_deleted()
    {
        var id = ServiceFixture.NewId();

        var created = await service.SendAsync("PUT", $"/devices/{id}", new { deviceId = id, authentication = new { type = "sas", symmetricKey = new { primaryKey = "", secondaryKey = "" } } });
        var again = await service.SendAsync("PUT", $"/devices/{id}", new { deviceId = id });
        var updated = await service.SendAsync("PUT", $"/devices/{id}", new { deviceId = id, status = "disabled", statusReason = "test" }, $"\"{created.Etag}\"");
        var stale = await service.SendAsync("PUT", $"/devices/{id}", new { deviceId = id }, $"\"{created.Etag}\"");
        var read = await service.SendAsync("GET", $"/devices/{id}");
        var deleted = await service.SendAsync("DELETE", $"/devices/{id}", null, "\"*\"");
        var gone = await service.SendAsync("GET", $"/devices/{id}");
        var recreated = await service.SendAsync("PUT", $"/devices/{id}", new { deviceId = id });

        Assert.Equal((200, 409, 200, 412, 200, 204, 404, 200), (created.Status, again.Status, updated.Status, stale.Status, read.Status, deleted.Status, gone.Status, recreated.Status));
        Assert.Equal(32, Convert.FromBase64String(PrimaryKey(created)).Length);
        Assert.Equal(PrimaryKey(created), PrimaryKey(read));
        Assert.Equal("disabled", read.Json.GetProperty("status").GetString());
        Assert.Equal("DeviceNotFound", gone.ErrorCode);
        Assert.NotEqual(created.Json.GetProperty("generationId").GetString(), recreated.Json.GetProperty("generationId").GetString());
    }

    [Theory]
    [InlineData("dev%201")]
    [InlineData("50%25")]
    [InlineData("a%252Fb")]
    [InlineData("a:b@c")]
    public async Task Odd_ids_round_trip(string end)
    {
        var id = ServiceFixture.NewId() + end;

        Assert.Equal(200, (await service.SendAsync("PUT", $"/devices/{id}", "{}")).Status);
        Assert.Equal(Uri.UnescapeDataString(id), (await service.SendAsync("GET", $"/twins/{id}")).Json.GetProperty("deviceId").GetString());
    }

    [Fact]
    public async Task A_twin_is_merged_replaced_and_guarded_by_its_etag()
    {
        var id = ServiceFixture.NewId();
        await service.SendAsync("PUT", $"/devices/{id}", "{}");

        var empty = await service.SendAsync("GET", $"/twins/{id}");
        var merged = await service.SendAsync("PATCH", $"/twins/{id}", """{"tags":{"site":"north"},"properties":{"desired":{"rate":5,"deep":{"a":1}}}}""", $"\"{empty.Etag}\"");
        var stale = await service.SendAsync("PATCH", $"/twins/{id}", """{"tags":{"site":"south"}}""", $"\"{empty.Etag}\"");
        var cut = await service.SendAsync("PATCH", $"/twins/{id}", """{"properties":{"desired":{"deep":null}}}""", "\"*\"");
        var replaced = await service.SendAsync("PUT", $"/twins/{id}", """{"tags":{"only":true},"properties":{"desired":{"x":1}}}""", "*");

        Assert.Equal((200, 200, 412, 200, 200), (empty.Status, merged.Status, stale.Status, cut.Status, replaced.Status));
        Assert.Equal($"\"{merged.Etag}\"", merged.Headers["ETag"]);
        Assert.Equal("north", merged.Json.GetProperty("tags").GetProperty("site").GetString());
        Assert.False(Desired(cut).TryGetProperty("deep", out _));
        Assert.Equal(5, Desired(cut).GetProperty("rate").GetInt32());
        Assert.Equal(["only"], replaced.Json.GetProperty("tags").EnumerateObject().Select(p => p.Name));
        Assert.Equal(["x"], Desired(replaced).EnumerateObject().Select(p => p.Name).Where(name => name[0] != '$'));
        Assert.Equal(Desired(empty).GetProperty("$version").GetInt64() + 3, Desired(replaced).GetProperty("$version").GetInt64());
    }

    [Fact]
    public async Task A_twin_may_be_sent_back_as_it_was_read()
    {
        var id = ServiceFixture.NewId();
        await service.SendAsync("PUT", $"/devices/{id}", "{}");
        var read = await service.SendAsync("PATCH", $"/twins/{id}", """{"properties":{"desired":{"rate":5}}}""");

        var sent = await service.SendAsync("PUT", $"/twins/{id}", read.Json.GetRawText(), $"\"{read.Etag}\"");

        Assert.Equal(200, sent.Status);
        Assert.Equal(5, Desired(sent).GetProperty("rate").GetInt32());
    }

    [Theory]
    [InlineData("""{"tags":{"a.b":1}}""")]
    [InlineData("""{"tags":{"a$":1}}""")]
    [InlineData("""{"properties":{"desired":{"a b":1}}}""")]
    [InlineData("""{"properties":{"desired":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}}}}""")]
    public async Task A_twin_beyond_its_limits_is_a_400_and_stays_as_it_was(string change)
    {
        var id = ServiceFixture.NewId();
        await service.SendAsync("PUT", $"/devices/{id}", "{}");
        var before = await service.SendAsync("GET", $"/twins/{id}");

        var refused = await service.SendAsync("PATCH", $"/twins/{id}", change);

        Assert.Equal((400, "ArgumentInvalid"), (refused.Status, refused.ErrorCode));
        Assert.Equal(before.Etag, (await service.SendAsync("GET", $"/twins/{id}")).Etag);
    }

    [Fact]
    public async Task Modules_have_twins_of_their_own_and_go_with_their_device()
    {
        var id = ServiceFixture.NewId();
        await service.SendAsync("PUT", $"/devices/{id}", "{}");

        var created = await service.SendAsync("PUT", $"/devices/{id}/modules/m1", new { deviceId = id, moduleId = "m1", managedBy = "me" });
        var again = await service.SendAsync("PUT", $"/devices/{id}/modules/m1", "{}");
        var twin = await service.SendAsync("PATCH", $"/twins/{id}/modules/m1", """{"tags":{"x":1}}""");
        var listed = await service.SendAsync("GET", $"/devices/{id}/modules");
        await service.SendAsync("DELETE", $"/devices/{id}");
        var gone = await service.SendAsync("GET", $"/devices/{id}/modules/m1");

        Assert.Equal((200, 409, 200), (created.Status, again.Status, twin.Status));
        Assert.Equal("ModuleAlreadyExistsOnDevice", again.ErrorCode);
        Assert.Equal("m1", twin.Json.GetProperty("moduleId").GetString());
        Assert.Equal("me", Assert.Single(listed.Json.EnumerateArray()).GetProperty("managedBy").GetString());
        Assert.Equal(404, gone.Status);
    }

    [Fact]
    public async Task A_bulk_request_changes_what_it_can_and_lists_what_it_cannot()
    {
        var (a, b) = (ServiceFixture.NewId(), ServiceFixture.NewId());
        await service.SendAsync("PUT", $"/devices/{a}", "{}");

        var answer = await service.SendAsync("POST", "/devices", new object[]
        {
            new { id = a, importMode = "create" },
            new { id = b, importMode = "create", tags = new { bulk = true }, properties = new { desired = new { rate = 1 } } },
            new { id = b, importMode = "updateTwin", tags = new { bulk = false } },
        });
        var twin = await service.SendAsync("GET", $"/twins/{b}");

        Assert.Equal(400, answer.Status);
        Assert.Equal(a, Assert.Single(answer.Json.GetProperty("errors").EnumerateArray()).GetProperty("deviceId").GetString());
        Assert.False(twin.Json.GetProperty("tags").GetProperty("bulk").GetBoolean());
        Assert.Equal(1, Desired(twin).GetProperty("rate").GetInt32());
    }

    [Fact]
    public async Task Query_pages_resume_and_end_without_a_continuation()
    {
        var mark = ServiceFixture.NewId();
        var items = Enumerable.Range(0, 25).Select(i => new { id = $"{mark}-{i}", importMode = "create", tags = new { mark } });
        Assert.Equal(200, (await service.SendAsync("POST", "/devices", items)).Status);
        var query = new { query = $"SELECT deviceId FROM devices WHERE tags.mark = '{mark}'" };
        var found = new List<string>();
        string? continuation = null;
        do
        {
            var page = await service.QueryAsync(query, 10, continuation);
            Assert.Equal((200, "Raw"), (page.Status, page.Headers["x-ms-item-type"]));
            found.AddRange(page.Json.EnumerateArray().Select(item => item.GetProperty("deviceId").GetString()!));
            continuation = page.Headers.GetValueOrDefault("x-ms-continuation");
        }
        while (continuation is not null);

        Assert.Equal(items.Select(item => item.id).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        Assert.Equal(400, (await service.SendAsync("POST", "/devices/query", new { query = "SELECT nonsense" })).Status);
    }

    [Fact]
    public async Task A_method_on_a_device_that_is_not_there_or_not_connected_is_a_404_of_its_own_kind()
    {
        var id = ServiceFixture.NewId();
        await service.SendAsync("PUT", $"/devices/{id}", "{}");

        var offline = await service.SendAsync("POST", $"/twins/{id}/methods", new { methodName = "reboot", responseTimeoutInSeconds = 5 });
        var unknown = await service.SendAsync("POST", $"/twins/{id}-none/methods", new { methodName = "reboot" });

        Assert.Equal((404, "DeviceNotOnline"), (offline.Status, offline.ErrorCode));
        Assert.Equal(404103, JsonDocument.Parse(offline.Json.GetProperty("Message").GetString()!).RootElement.GetProperty("errorCode").GetInt32());
        Assert.Equal((404, "DeviceNotFound"), (unknown.Status, unknown.ErrorCode));
    }

    [Fact]
    public async Task The_default_policies_may_do_what_IoT_Hub_lets_them()
    {
        var id = ServiceFixture.NewId();
        await service.SendAsync("PUT", $"/devices/{id}", "{}");

        Assert.Equal(200, (await service.SendAsync("GET", $"/devices/{id}", policy: "registryRead")).Status);
        Assert.Equal(401, (await service.SendAsync("PUT", $"/devices/{id}", "{}", "*", policy: "registryRead")).Status);
        Assert.Equal(200, (await service.SendAsync("PUT", $"/devices/{id}", "{}", "*", policy: "registryReadWrite")).Status);
        Assert.Equal(200, (await service.SendAsync("GET", $"/twins/{id}", policy: "service")).Status);
        Assert.Equal(401, (await service.SendAsync("GET", $"/devices/{id}", policy: "service")).Status);
        Assert.Equal(401, (await service.SendAsync("GET", $"/devices/{id}", policy: "device")).Status);
    }

    [Fact]
    public async Task A_token_with_a_wrong_key_an_old_expiry_another_host_or_no_policy_is_a_401()
    {
        var tokens = new[]
        {
            ServiceFixture.Token("iothubowner", key: Convert.ToBase64String(new byte[32])), ServiceFixture.Token("iothubowner", expiry: 1),
            ServiceFixture.Token("iothubowner", "elsewhere"), ServiceFixture.Token("nobody"), "SharedAccessSignature nonsense",
        };
        foreach (var token in tokens)
        {
            var answer = await service.SendAsync("GET", "/devices", token: token);
            Assert.Equal((401, "IotHubUnauthorizedAccess"), (answer.Status, answer.ErrorCode));
        }

        var scoped = ServiceFixture.Token("iothubowner", "localhost/devices/d1");
        Assert.Equal(404, (await service.SendAsync("GET", "/devices/d1", token: scoped)).Status);
        Assert.Equal(401, (await service.SendAsync("GET", "/devices/d10", token: scoped)).Status);
    }

    [Fact]
    public async Task Statistics_events_and_readiness_answer()
    {
        Assert.True((await service.SendAsync("GET", "/statistics/devices")).Json.GetProperty("totalDeviceCount").GetInt64() >= 0);
        Assert.Equal(32, (await service.SendAsync("GET", "/api/v1/events/partitions")).Json.GetArrayLength());
        Assert.Equal(200, (await service.SendAsync("GET", "/api/v1/events?partition=0&max=1")).Status);
        Assert.Equal(200, (await service.SendAsync("GET", "/health/ready")).Status);
    }

    private static string PrimaryKey(ServiceAnswer answer) =>
        answer.Json.GetProperty("authentication").GetProperty("symmetricKey").GetProperty("primaryKey").GetString()!;

    private static JsonElement Desired(ServiceAnswer answer) => answer.Json.GetProperty("properties").GetProperty("desired");
}
