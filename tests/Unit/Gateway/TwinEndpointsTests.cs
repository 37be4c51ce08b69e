using System.Net;
using Muster.Errors;
using Muster.Twins;
using Xunit;

namespace Muster.Gateway;

public sealed class TwinEndpointsTests
{
    [Fact]
    public async Task A_twin_passes_through_byte_for_byte()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        const string Twin = """{ "deviceId":"d1", "x" : 1.50e2 }""";
        gateway.Cluster.Device("d1").Twin = new TwinReply.Found(Muster.Json.JsonUtf8.Parse(Twin), "AAAAAAAAAAI=", 2);

        var answer = await gateway.GetAsync("/twins/d1");

        Assert.Equal((200, Twin, "\"AAAAAAAAAAI=\""), (answer.Status, answer.Body, answer.Header("ETag")));
        Assert.Equal("application/json; charset=utf-8", answer.ContentType);
    }

    [Fact]
    public async Task A_patch_hands_on_the_bytes_of_tags_and_desired_and_ignores_the_rest()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        await gateway.SendAsync(HttpMethod.Patch, "/twins/d1", """
            {"deviceId":"other","etag":"x","tags": {"a" : 1},"properties":{"reported":{"r":1},"desired":{ "b":[1, 2],"c":null }},"$version":3}
            """, ("If-Match", "\"AAAAAAAAAAE=\""));

        var change = gateway.Cluster.Device("d1").LastChange!;
        Assert.Equal(("""{"a" : 1}""", """{ "b":[1, 2],"c":null }"""), (change.Tags!.ToString(), change.Desired!.ToString()));
        Assert.Equal(("AAAAAAAAAAE=", false), (change.IfMatch, change.Replace));
    }

    [Fact]
    public async Task A_put_replaces_and_reaches_the_module()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        await gateway.PutAsync("/twins/d1/modules/m1", """{"tags":null}""");

        var change = gateway.Cluster.Device("d1/m1").LastChange!;
        Assert.Equal((true, "null", null, null), (change.Replace, change.Tags!.ToString(), change.Desired, change.IfMatch));
    }

    [Theory]
    [InlineData("[]", "object")]
    [InlineData("""{"tags":[]}""", "tags")]
    [InlineData("""{"properties":3}""", "properties")]
    [InlineData("""{"properties":{"desired":"x"}}""", "properties.desired")]
    [InlineData("""{"tags":{"a":"\udc00"}}""", "Unicode")]
    [InlineData("""{"tags":{"\ud800x":1}}""", "Unicode")]
    [InlineData("""{"tags":{}""", "body")]
    public async Task A_change_of_another_shape_is_a_400_and_reaches_no_grain(string body, string what)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Patch, "/twins/d1", body);

        Assert.Equal((400, "ArgumentInvalid"), (answer.Status, answer.ErrorCode));
        Assert.Contains(what, answer.Body, StringComparison.Ordinal);
        Assert.Empty(gateway.Cluster.Devices);
    }

    [Fact]
    public async Task A_body_that_is_not_UTF8_is_a_400()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var content = new ByteArrayContent([.. "{\"tags\":{\"a\":\""u8, 0xFF, .. "\"}}"u8]);
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/twins/d1?api-version=2021-04-12") { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", gateway.Token);

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_change_beyond_128_KB_is_refused()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal(413, (await gateway.SendAsync(HttpMethod.Patch, "/twins/d1", $$$"""{"tags":{"a":"{{{new string('x', 128 * 1024)}}}"}}""")).Status);
    }

    [Theory]
    [InlineData(HubErrorCode.DeviceNotFound, 404)]
    [InlineData(HubErrorCode.PreconditionFailed, 412)]
    [InlineData(HubErrorCode.ArgumentInvalid, 400)]
    public async Task A_refusal_of_the_grain_is_answered_by_its_number(HubErrorCode code, int status)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").Twin = new TwinReply.Refused(new Refusal(code, "no"));

        var answer = await gateway.SendAsync(HttpMethod.Patch, "/twins/d1", "{}");

        Assert.Equal((status, code.ToString()), (answer.Status, answer.ErrorCode));
    }
}
