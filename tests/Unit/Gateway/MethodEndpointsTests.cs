using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muster.Errors;
using Muster.Json;
using Muster.Methods;
using Xunit;

namespace Muster.Gateway;

public sealed class MethodEndpointsTests
{
    [Theory]
    [InlineData("""{"methodName":"reboot"}""", "null", 30, 0)]
    [InlineData("""{"methodName":"reboot","payload":null,"responseTimeoutInSeconds":null,"connectTimeoutInSeconds":null}""", "null", 30, 0)]
    [InlineData("""{"methodName":"reboot","payload":{ "a":[1,"x"] },"responseTimeoutInSeconds":5,"connectTimeoutInSeconds":300}""", """{ "a":[1,"x"] }""", 5, 300)]
    [InlineData("""{"methodName":"reboot","payload":"text","responseTimeoutInSeconds":300}""", "\"text\"", 300, 0)]
    [InlineData("""{"methodName":"reboot","payload":0}""", "0", 30, 0)]
    public async Task A_call_reaches_the_device_as_it_was_asked(string body, string payload, int response, int connect)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").MethodReply = new MethodReply.Answered(501, JsonUtf8.Parse("""{ "ok" : true }"""));

        var answer = await gateway.SendAsync(HttpMethod.Post, "/twins/d1/methods", body);

        var call = gateway.Cluster.Device("d1").LastCall!;
        Assert.Equal((200, """{"status":501,"payload":{ "ok" : true }}"""), (answer.Status, answer.Body));
        Assert.Equal(("reboot", payload), (call.Name, call.Payload.ToString()));
        Assert.Equal((response, connect), (call.ResponseTimeout.TotalSeconds, call.ConnectTimeout.TotalSeconds));
    }

    [Fact]
    public async Task A_device_that_is_not_online_is_a_404_with_the_number_in_a_json_text()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").MethodReply = new MethodReply.Refused(new Refusal(HubErrorCode.DeviceNotOnline, "Timed out waiting for device to connect."));

        var answer = await gateway.SendAsync(HttpMethod.Post, "/twins/d1/methods", """{"methodName":"m","connectTimeoutInSeconds":7}""");

        Assert.Equal((404, "DeviceNotOnline"), (answer.Status, answer.ErrorCode));
        Assert.Equal("", answer.Json.GetProperty("ExceptionMessage").GetString());
        var detail = JsonDocument.Parse(answer.Json.GetProperty("Message").GetString()!).RootElement;
        Assert.Equal(404103, detail.GetProperty("errorCode").GetInt32());
        Assert.Equal("Timed out waiting for device to connect.", detail.GetProperty("message").GetString());
        Assert.Equal("00:00:07", detail.GetProperty("info").GetProperty("timeout").GetString());
        Assert.Equal("2030-01-02T03:04:05.0000000Z", detail.GetProperty("timestampUtc").GetString());
    }

    [Fact]
    public async Task A_silent_device_is_a_504_and_an_unknown_one_a_plain_DeviceNotFound()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("silent/m").MethodReply = new MethodReply.Refused(new Refusal(HubErrorCode.GatewayTimeout, "Timed out"));
        gateway.Cluster.Device("none").MethodReply = new MethodReply.Refused(new Refusal(HubErrorCode.DeviceNotFound, "The device none was not found"));

        var silent = await gateway.SendAsync(HttpMethod.Post, "/twins/silent/modules/m/methods", """{"methodName":"m"}""");
        var none = await gateway.SendAsync(HttpMethod.Post, "/twins/none/methods", """{"methodName":"m"}""");

        Assert.Equal(504, silent.Status);
        Assert.Contains("504101", silent.Body, StringComparison.Ordinal);
        Assert.Equal((404, "DeviceNotFound"), (none.Status, none.ErrorCode));
        Assert.StartsWith("ErrorCode:DeviceNotFound;", none.Json.GetProperty("Message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "methodName")]
    [InlineData("""{"methodName":""}""", "methodName")]
    [InlineData("""{"methodName":"a/b"}""", "methodName")]
    [InlineData("""{"methodName":"a#"}""", "methodName")]
    [InlineData("""{"methodName":"a\n"}""", "methodName")]
    [InlineData("""{"methodName":"m","responseTimeoutInSeconds":4}""", "responseTimeoutInSeconds")]
    [InlineData("""{"methodName":"m","responseTimeoutInSeconds":301}""", "responseTimeoutInSeconds")]
    [InlineData("""{"methodName":"m","responseTimeoutInSeconds":5.5}""", "responseTimeoutInSeconds")]
    [InlineData("""{"methodName":"m","connectTimeoutInSeconds":-1}""", "connectTimeoutInSeconds")]
    [InlineData("""{"methodName":"m","connectTimeoutInSeconds":301}""", "connectTimeoutInSeconds")]
    public async Task A_call_out_of_range_is_a_400_and_reaches_no_device(string body, string what)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/twins/d1/methods", body);

        Assert.Equal((400, "ArgumentInvalid"), (answer.Status, answer.ErrorCode));
        Assert.Contains(what, answer.Body, StringComparison.Ordinal);
        Assert.Empty(gateway.Cluster.Devices);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_device_does_not_hold_up_the_stop()
    {
        await using var gateway = await GatewayFixture.StartAsync(socket: true);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Cluster.Device("d1").Answering = () =>
        {
            asked.SetResult();
            return never.Task;
        };
        var pending = gateway.SendAsync(HttpMethod.Post, "/twins/d1/methods", """{"methodName":"m","connectTimeoutInSeconds":300}""");
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);

        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Equal((503, "ServiceUnavailable"), ((await pending).Status, (await pending).ErrorCode));
    }

    [Theory]
    [InlineData(128 * 1024 - 2, 200)]
    [InlineData(128 * 1024 - 1, 413)]
    [InlineData(200 * 1024, 413)]
    public async Task A_payload_may_have_128_KB_and_no_byte_more(int letters, int status)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/twins/d1/methods", $$"""{"methodName":"m","payload":"{{new string('x', letters)}}"}""");

        Assert.Equal(status, answer.Status);
    }
}
