using System.Globalization;
using Microsoft.AspNetCore.Http;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Methods;
using Muster.Twins;
using Xunit;

namespace Muster.Upstream;

public sealed class RestClientTests
{
    private const string Twin = """{"deviceId":"d 1","etag":"AAAA","version":3}""";
    private static readonly DeviceKey Key = DeviceKey.Parse("d 1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_twin_is_read_and_changed_by_the_hubs_own_paths_and_etags()
    {
        await using var stub = await HubStub.StartAsync();
        stub.Then(200, Twin).Then(200, Twin);
        using var client = new Client(stub);
        Assert.Equal(Twin, Assert.IsType<UpstreamReply.Found>(await client.Hub.GetTwinAsync(Key, Cancel)).Json.ToString());
        await client.World.PassAsync(client.Hub.ChangeTwinAsync(Key, new TwinChange { Tags = JsonUtf8.Parse("""{"a":1}"""), IfMatch = "AAAA" }, Cancel));
        Assert.Equal(
            [("GET", "/twins/d%201?api-version=2021-04-12", ""), ("PATCH", "/twins/d%201?api-version=2021-04-12", "\"AAAA\"")], stub.Asked);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("date")]
    [InlineData(null)]
    public async Task A_call_that_was_put_off_is_made_again_when_the_pause_is_over(string? retryAfter)
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        var startedAt = client.World.Clock.GetUtcNow();
        var until = retryAfter is "date" ? startedAt.AddSeconds(5).ToString("R", CultureInfo.InvariantCulture) : retryAfter;
        (string, string)[] headers = until is null ? [] : [("Retry-After", until)];
        stub.Then(429, """{"Message":"ErrorCode:ThrottlingException;Slow down"}""", headers).Then(200, Twin);
        Assert.IsType<UpstreamReply.Found>(await client.World.PassAsync(client.Hub.ChangeTwinAsync(Key, new TwinChange(), Cancel)));
        Assert.Equal(2, stub.Asked.Count);
        Assert.InRange((client.World.Clock.GetUtcNow() - startedAt).TotalSeconds, retryAfter switch { "3" => 2.9, "date" => 3.9, _ => 0.9 }, 8);
    }

    [Fact]
    public async Task A_call_that_is_put_off_beyond_its_time_is_refused_with_the_hubs_own_words()
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        stub.Then(429, """{"Message":"ErrorCode:ThrottlingException;Slow down"}""", ("Retry-After", "120"));
        var reply = Assert.IsType<UpstreamReply.Refused>(await client.World.PassAsync(client.Hub.GetTwinAsync(Key, Cancel)));
        Assert.Equal((HubErrorCode.ThrottlingException, "Slow down", TimeSpan.FromSeconds(120)), (reply.Why.Code, reply.Why.Message, reply.Why.RetryAfter!.Value));
    }

    [Fact]
    public async Task While_the_hub_asks_for_a_pause_only_what_may_be_repeated_is_made_again()
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        stub.Then(503, "", ("Retry-After", "2"));
        await Assert.ThrowsAsync<UpstreamFaultException>(() => client.World.PassAsync(client.Hub.ChangeTwinAsync(Key, new TwinChange(), Cancel)));
        stub.Then(503, "", ("Retry-After", "2")).Then(200, Twin);
        Assert.IsType<UpstreamReply.Found>(await client.World.PassAsync(client.Hub.GetTwinAsync(Key, Cancel)));
        Assert.Equal(3, stub.Asked.Count);
    }

    [Fact]
    public async Task All_twins_are_those_of_devices_and_then_those_of_modules()
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        stub.Then(200, "[{\"deviceId\":\"a\"}]", ("x-ms-continuation", "next")).Then(200, "[]").Then(200, "[{\"moduleId\":\"m\"}]");
        var first = await client.World.PassAsync(client.Hub.ListTwinsAsync(null, Cancel));
        var second = await client.World.PassAsync(client.Hub.ListTwinsAsync(first.Continuation, Cancel));
        var third = await client.World.PassAsync(client.Hub.ListTwinsAsync(second.Continuation, Cancel));
        Assert.Equal(["""{"deviceId":"a"}""", """{"moduleId":"m"}"""], first.Twins.Concat(second.Twins).Concat(third.Twins).Select(static twin => twin.ToString()));
        Assert.Null(third.Continuation);
    }

    [Fact]
    public async Task A_method_is_answered_or_refused_as_the_device_did()
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        stub.Then(200, """{"status":207,"payload":{"ok":[1]}}""").Then(504, """{"Message":"ErrorCode:GatewayTimeout;No answer"}""");
        var call = new MethodCall { Name = "m" };
        var answered = Assert.IsType<MethodReply.Answered>(await client.World.PassAsync(client.Hub.InvokeMethodAsync(Key, call, Cancel)));
        Assert.Equal((207, """{"ok":[1]}"""), (answered.Status, answered.Payload.ToString()));
        Assert.Equal(HubErrorCode.GatewayTimeout, Assert.IsType<MethodReply.Refused>(await client.World.PassAsync(client.Hub.InvokeMethodAsync(Key, call, Cancel))).Why.Code);
    }

    [Theory]
    [InlineData("d/..")]
    [InlineData("..")]
    [InlineData("d/.")]
    public async Task An_id_that_is_a_step_in_a_path_is_never_sent(string id)
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        Assert.Equal(HubErrorCode.ArgumentInvalid, (await client.Hub.DeleteIdentityAsync(DeviceKey.Parse(id), null, Cancel))!.Code);
        Assert.Empty(stub.Asked);
    }

    [Fact]
    public async Task A_hub_that_hangs_is_a_fault_when_the_time_is_over()
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        var arrived = new TaskCompletionSource();
        stub.Then(context =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var call = client.Hub.GetTwinAsync(Key, Cancel);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        client.World.Clock.Advance(client.World.Options.Value.RequestTimeout);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => call.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }

    [Theory]
    [InlineData("""{"deviceId":""")]
    [InlineData("[]")]
    [InlineData("<html>")]
    public async Task An_answer_that_is_not_what_was_promised_is_a_fault(string body)
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        stub.Then(200, body);
        await Assert.ThrowsAsync<UpstreamFaultException>(() => client.Hub.GetTwinAsync(Key, Cancel));
    }

    [Fact]
    public async Task A_body_that_breaks_off_or_does_not_end_is_a_fault()
    {
        await using var stub = await HubStub.StartAsync();
        using var client = new Client(stub);
        stub.Then(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{");
            context.Abort();
        });
        stub.Then(async context =>
        {
            var piece = new byte[64 * 1024];
            for (var i = 0; i <= RestClient.MaxBodyBytes / piece.Length; i++)
            {
                await context.Response.Body.WriteAsync(piece);
            }
        });
        await Assert.ThrowsAsync<UpstreamFaultException>(() => client.Hub.GetTwinAsync(Key, Cancel));
        await Assert.ThrowsAsync<UpstreamFaultException>(() => client.World.PassAsync(client.Hub.GetTwinAsync(Key, Cancel)));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_or_for_another_host_is_not_trusted()
    {
        await using var stub = await HubStub.StartAsync();
        await using var other = await HubStub.StartAsync("127.0.0.32");
        using var misled = new Client(stub, other.CaFile);
        using var misnamed = new Client(other);
        using var untold = new Client(stub, "");
        foreach (var client in new[] { misled, misnamed, untold })
        {
            await Assert.ThrowsAsync<UpstreamFaultException>(() => client.Hub.GetTwinAsync(Key, Cancel));
        }

        Assert.Empty(stub.Asked);
    }

    private sealed class Client : IDisposable
    {
        private static readonly HubConnectionString Where = new(HubStub.Host, "owner", "c2VjcmV0");
        private readonly RestClient rest;

        public Client(HubStub stub, string? caFile = null)
        {
            World = new UpstreamWorld(new UpstreamOptions { HttpsPort = stub.Port, CaCertificate = caFile ?? stub.CaFile });
            var handler = UpstreamHosting.Handler(new UpstreamTrust(World.Options));
            rest = new RestClient(Where, World.Options, handler, SasSigner.Of(Where, World.Clock), World.Budget, World.Instruments, World.Clock);
            Hub = new UpstreamHub(rest, null!);
        }

        public UpstreamWorld World { get; }

        public UpstreamHub Hub { get; }

        public void Dispose()
        {
            rest.Dispose();
            World.Dispose();
        }
    }
}
