using Muster.Devices;
using Xunit;

namespace Muster.Gateway;

public sealed class DeviceEndpointsTests
{
    [Fact]
    public async Task A_created_device_is_answered_whole_with_its_etag_in_quotes()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.PutAsync("/devices/d1", """
            {"deviceId":"d1","status":"disabled","statusReason":"new","capabilities":{"iotEdge":true},
             "authentication":{"type":"sas","symmetricKey":{"primaryKey":"AAAA","secondaryKey":"BBBB"}},"unknown":[1]}
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json; charset=utf-8", answer.ContentType);
        Assert.Equal($"\"{answer.Json.GetProperty("etag").GetString()}\"", answer.Header("ETag"));
        Assert.NotNull(answer.Header("x-ms-request-id"));
        var generation = answer.Json.GetProperty("generationId").GetString();
        var etag = answer.Json.GetProperty("etag").GetString();
        Assert.Equal(
            $$$"""
            {"deviceId":"d1","generationId":"{{{generation}}}","etag":"{{{etag}}}","connectionState":"Disconnected","status":"disabled","statusReason":"new",
            "connectionStateUpdatedTime":"0001-01-01T00:00:00","statusUpdatedTime":"0001-01-01T00:00:00","lastActivityTime":"0001-01-01T00:00:00",
            "cloudToDeviceMessageCount":0,"authentication":{"symmetricKey":{"primaryKey":"AAAA","secondaryKey":"BBBB"},
            "x509Thumbprint":{"primaryThumbprint":null,"secondaryThumbprint":null},"type":"sas"},"capabilities":{"iotEdge":true},"parentScopes":[]}
            """.ReplaceLineEndings(""),
            answer.Body);
    }

    [Fact]
    public async Task Creating_twice_is_refused_and_If_Match_updates()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var created = await gateway.PutAsync("/devices/d1", """{"deviceId":"d1"}""");

        var again = await gateway.PutAsync("/devices/d1", """{"deviceId":"d1"}""");
        var any = await gateway.PutAsync("/devices/d1", """{"deviceId":"d1","status":"disabled"}""", ("If-Match", "\"*\""));
        var stale = await gateway.PutAsync("/devices/d1", "{}", ("If-Match", created.Header("ETag")!));
        var current = await gateway.PutAsync("/devices/d1", "{}", ("If-Match", any.Header("ETag")!));

        Assert.Equal((409, "DeviceAlreadyExists"), (again.Status, again.ErrorCode));
        Assert.Equal((200, "disabled"), (any.Status, any.Json.GetProperty("status").GetString()));
        Assert.Equal((412, "PreconditionFailed"), (stale.Status, stale.ErrorCode));
        Assert.Equal(200, current.Status);
    }

    [Fact]
    public async Task A_missing_device_has_the_error_body_that_the_sdks_split_at_its_one_semicolon()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.GetAsync("/devices/d1");

        Assert.Equal((404, "DeviceNotFound"), (answer.Status, answer.ErrorCode));
        Assert.Equal(["ErrorCode:DeviceNotFound", "The device d1 was not found"], answer.Json.GetProperty("Message").GetString()!.Split(';'));
        Assert.Matches("^Tracking ID:[0-9a-f]{32}-G:0-TimeStamp:01/02/2030 03:04:05$", answer.Json.GetProperty("ExceptionMessage").GetString());
    }

    [Fact]
    public async Task A_refusals_own_semicolon_does_not_cut_its_text_short()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.PutAsync("/devices/d1", "{}");

        var answer = await gateway.PutAsync("/devices/d1", "{}");

        Assert.Equal("ErrorCode:DeviceAlreadyExists;refused, really: DeviceAlreadyExists", answer.Json.GetProperty("Message").GetString());
    }

    [Theory]
    [InlineData("dev%201", "dev 1")]
    [InlineData("50%25", "50%")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a%3Ab%40c", "a:b@c")]
    [InlineData("a:b@c", "a:b@c")]
    [InlineData("%23%3F%2A%24%27%2B%3D%2C%21%28%29", "#?*$'+=,!()")]
    [InlineData("query", "query")]
    public async Task An_id_round_trips_through_the_url(string inUrl, string id)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var put = await gateway.PutAsync($"/devices/{inUrl}", System.Text.Json.JsonSerializer.Serialize(new { deviceId = id }));
        var got = await gateway.GetAsync($"/devices/{inUrl}");

        Assert.Equal(200, put.Status);
        Assert.Equal((200, id), (got.Status, got.Json.GetProperty("deviceId").GetString()));
        Assert.Equal([id], gateway.Cluster.Devices.Keys);
    }

    [Theory]
    [InlineData("%C3%A9")]
    [InlineData("a%22")]
    [InlineData("%20a")]
    public async Task An_id_that_no_device_can_have_is_a_400_and_reaches_no_grain(string inUrl)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.PutAsync($"/devices/{inUrl}", "{}");

        Assert.Empty(gateway.Cluster.Devices.Keys);
        Assert.Equal((400, "ArgumentInvalid"), (answer.Status, answer.ErrorCode));
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%2fb")]
    [InlineData("a/modules/b%2fc")]
    public async Task An_encoded_slash_is_a_400_though_an_id_may_hold_the_letters_of_one(string inUrl)
    {
        await using var gateway = await GatewayFixture.StartAsync(socket: true);

        var slash = await gateway.PutAsync($"/devices/{inUrl}", "{}");
        Assert.Empty(gateway.Cluster.Devices.Keys);
        var letters = await gateway.PutAsync("/devices/a%252Fb", """{"deviceId":"a%2Fb"}""");

        Assert.Equal((400, "ArgumentInvalid"), (slash.Status, slash.ErrorCode));
        Assert.Equal((200, "a%2Fb"), (letters.Status, letters.Json.GetProperty("deviceId").GetString()));
    }

    [Fact]
    public async Task Ids_of_129_characters_are_refused_and_128_are_not()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal(200, (await gateway.PutAsync($"/devices/{new string('a', 128)}", "{}")).Status);
        Assert.Equal(400, (await gateway.PutAsync($"/devices/{new string('a', 129)}", "{}")).Status);
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("{", "body")]
    [InlineData("[]", "body")]
    [InlineData("null", "object")]
    [InlineData("{} {}", "body")]
    [InlineData("""{"deviceId":"d2"}""", "d2")]
    [InlineData("""{"status":"asleep"}""", "status")]
    [InlineData("""{"status":7}""", "$.status")]
    [InlineData("""{"authentication":{"type":"magic"}}""", "authentication.type")]
    [InlineData("""{"parentScopes":[null]}""", "parentScopes")]
    [InlineData("""{"statusReason":"\ud800"}""", "Unicode")]
    public async Task A_body_that_makes_no_sense_is_a_400_that_says_what_is_wrong(string body, string what)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.PutAsync("/devices/d1", body);

        Assert.Equal((400, "ArgumentInvalid"), (answer.Status, answer.ErrorCode));
        Assert.Contains(what, answer.Json.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Muster.", answer.Body, StringComparison.Ordinal);
        Assert.Empty(gateway.Cluster.Devices);
    }

    [Fact]
    public async Task A_body_beyond_64_KB_is_refused_unread()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.PutAsync("/devices/d1", $$"""{"statusReason":"{{new string('x', 64 * 1024)}}"}""");

        Assert.Equal((413, "MessageTooLarge"), (answer.Status, answer.ErrorCode));
    }

    [Fact]
    public async Task A_thumbprint_without_a_type_means_self_signed_and_nothing_means_sas()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        await gateway.PutAsync("/devices/x", """{"authentication":{"x509Thumbprint":{"primaryThumbprint":"AA"}}}""");
        await gateway.PutAsync("/devices/s", """{"authentication":{"x509Thumbprint":{"primaryThumbprint":""},"symmetricKey":null}}""");

        Assert.Equal(AuthenticationType.SelfSigned, gateway.Cluster.Device("x").LastSpec!.Authentication.Type);
        Assert.Equal(AuthenticationType.Sas, gateway.Cluster.Device("s").LastSpec!.Authentication.Type);
    }

    [Fact]
    public async Task Deleting_is_a_204_and_then_a_404()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.PutAsync("/devices/d1", "{}");

        Assert.Equal(412, (await gateway.SendAsync(HttpMethod.Delete, "/devices/d1", null, ("If-Match", "\"other\""))).Status);
        Assert.Equal(204, (await gateway.SendAsync(HttpMethod.Delete, "/devices/d1", null, ("If-Match", "\"*\""))).Status);
        Assert.Equal(404, (await gateway.SendAsync(HttpMethod.Delete, "/devices/d1")).Status);
    }

    [Theory]
    [InlineData("/devices?api-version=2021-04-12", 3)]
    [InlineData("/devices/?api-version=2021-04-12", 3)]
    [InlineData("/DEVICES/?api-version=2021-04-12", 3)]
    [InlineData("/devices/?top=2&api-version=2021-04-12", 2)]
    public async Task Lists_honour_top_and_do_not_mind_case_or_a_trailing_slash(string path, int count)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        foreach (var id in (string[])["a", "b", "c"])
        {
            await gateway.PutAsync($"/devices/{id}", "{}");
        }

        var answer = await gateway.GetAsync(path);

        Assert.Equal((200, count), (answer.Status, answer.Json.GetArrayLength()));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("x")]
    public async Task A_top_that_is_no_number_from_1_to_1000_is_a_400(string top)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal(400, (await gateway.GetAsync($"/devices?top={top}&api-version=2021-04-12")).Status);
    }

    [Fact]
    public async Task Modules_are_created_read_listed_and_deleted()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.PutAsync("/devices/d1", "{}");

        var created = await gateway.PutAsync("/devices/d1/modules/m1", """{"deviceId":"d1","moduleId":"m1","managedBy":"me"}""");
        var listed = await gateway.GetAsync("/devices/d1/modules");

        Assert.Equal((200, "m1"), (created.Status, created.Json.GetProperty("moduleId").GetString()));
        Assert.Equal(200, (await gateway.GetAsync("/devices/d1/modules/m1")).Status);
        Assert.Equal("m1", Assert.Single(listed.Json.EnumerateArray()).GetProperty("moduleId").GetString());
        Assert.Equal(204, (await gateway.SendAsync(HttpMethod.Delete, "/devices/d1/modules/m1")).Status);
        Assert.Equal("ModuleNotFound", (await gateway.GetAsync("/devices/d1/modules/m1")).ErrorCode);
        Assert.Equal("DeviceNotFound", (await gateway.GetAsync("/devices/d2/modules/m1")).ErrorCode);
        Assert.Equal("DeviceNotFound", (await gateway.GetAsync("/devices/d2/modules")).ErrorCode);
        Assert.Equal(400, (await gateway.PutAsync("/devices/d1/modules/m1", """{"moduleId":"m2"}""")).Status);
    }

    [Fact]
    public async Task Statistics_have_IoT_Hubs_names()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal("""{"totalDeviceCount":5,"enabledDeviceCount":3,"disabledDeviceCount":2}""", (await gateway.GetAsync("/statistics/devices")).Body);
        Assert.Equal("""{"connectedDeviceCount":1}""", (await gateway.GetAsync("/statistics/service")).Body);
    }
}
