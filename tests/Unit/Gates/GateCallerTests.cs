using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Muster.Gateway;
using Xunit;

namespace Muster.Gates;

public sealed class GateCallerTests
{
    private const string Key = "r1/site/reroute/1";

    [Theory]
    [InlineData(true, "200 OK", "text/plain", 20_000, GateWord.Closed)]
    [InlineData(true, "204 No Content", "text/plain", 0, GateWord.Closed)]
    [InlineData(true, "200 OK", "text/plain; charset=none-such", 10, GateWord.Closed)]
    [InlineData(true, "500 No", "text/plain", 10, GateWord.NoAnswer)]
    [InlineData(false, "200 OK", "text/plain; charset=none-such", 10, GateWord.NoAnswer)]
    [InlineData(false, "200 OK", "text/plain", 20_000, GateWord.NoAnswer)]
    public async Task A_close_out_is_heard_by_the_status_of_its_answer_alone(bool isClose, string status, string type, int length, GateWord word)
    {
        var token = TestContext.Current.CancellationToken;
        using var plant = new TcpListener(IPAddress.Loopback, 0);
        plant.Start();
        var cluster = Cluster();
        using var caller = Caller(cluster);
        caller.Start(Call(plant, isClose ? GateEffect.Close : GateEffect.Ask));

        using var call = await plant.AcceptSocketAsync(token);
        await call.ReceiveAsync(new byte[4096], token);
        await AnswerAsync(call, status, type, new string('x', length), token);
        Assert.Equal(word, await AnsweredAsync(cluster, static _ => true, token));
    }

    [Fact]
    public async Task A_close_out_is_not_posted_before_the_open_that_it_undoes_was_answered()
    {
        var token = TestContext.Current.CancellationToken;
        using var plant = new TcpListener(IPAddress.Loopback, 0);
        plant.Start();
        var cluster = Cluster();
        using var caller = Caller(cluster);
        caller.Start(Call(plant, GateEffect.Ask));
        using (var open = await plant.AcceptSocketAsync(token))
        {
            Assert.Contains("\"action\":\"open\"", await ReadAsync(open, token), StringComparison.Ordinal);
            caller.Start(Call(plant, GateEffect.Close));
            caller.Start(Call(plant, GateEffect.Close));

            // As long as an owner may take that has a valve to turn.
            await Task.Delay(300, token);
            Assert.False(plant.Pending());
            await AnswerAsync(open, "200 OK", "application/json", """{"state":"open"}""", token);
        }

        await HearCloseAsync(plant, token);
        Assert.Equal(GateWord.Closed, await AnsweredAsync(cluster, static word => word == GateWord.Closed, token));
        caller.Start(Call(plant, GateEffect.Close));
        await HearCloseAsync(plant, token);
    }

    private static FakeCluster Cluster()
    {
        var cluster = new FakeCluster();
        cluster.Rollouts["r1"].Gates = [new GateView { Key = Key, Rollout = "r1", DeviceId = "", Name = "reroute", Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Status = GateStatus.Closing, Since = default }];
        return cluster;
    }

    private static GateCaller Caller(FakeCluster cluster) => new(
        cluster, new GateLinks(new Keys(), static () => "hub"), Options.Create(new GateOptions { AllowPrivateAddresses = true }), TimeProvider.System, NullLogger<GateCaller>.Instance);

    private static GateCall Call(TcpListener plant, GateEffect effect) => new()
    {
        Spec = new GateSpec { Name = "reroute", Scope = GateScope.Site, Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = $"http://{plant.LocalEndpoint}/" },
        Key = Key,
        Effect = effect,
        DeviceId = "",
        Rollout = "r1",
        Group = null,
        Release = "fw@2",
    };

    /// <summary>What is called, with its body: header and body may come apart.</summary>
    private static async Task<string> ReadAsync(Socket call, CancellationToken token)
    {
        var (text, buffer) = ("", new byte[4096]);
        while (!text.EndsWith('}'))
        {
            var count = await call.ReceiveAsync(buffer, token);
            Assert.True(count > 0, $"The call ended after: {text}");
            text += Encoding.UTF8.GetString(buffer, 0, count);
        }

        return text;
    }

    private static async Task HearCloseAsync(TcpListener plant, CancellationToken token)
    {
        using var close = await plant.AcceptSocketAsync(token);
        Assert.Contains("\"action\":\"close\"", await ReadAsync(close, token), StringComparison.Ordinal);
        await AnswerAsync(close, "200 OK", "text/plain", "", token);
    }

    private static async Task AnswerAsync(Socket call, string status, string type, string body, CancellationToken token) => await call.SendAsync(
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), token);

    private static async Task<GateWord> AnsweredAsync(FakeCluster cluster, Func<GateWord, bool> isAwaited, CancellationToken token)
    {
        while (cluster.Rollouts["r1"].LastGateAnswer is not { } answer || !isAwaited(answer.Word))
        {
            await Task.Delay(10, token);
        }

        return cluster.Rollouts["r1"].LastGateAnswer!.Word;
    }

    private sealed class Keys : Access.IKeyDerivation
    {
        public byte[] Derive(string purpose) => new byte[32];
    }
}
