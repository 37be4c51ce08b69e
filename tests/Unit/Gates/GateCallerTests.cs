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
        var cluster = new FakeCluster();
        var key = "r1/site/reroute/1";
        cluster.Rollouts["r1"].Gates = [new GateView { Key = key, Rollout = "r1", DeviceId = "", Name = "reroute", Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Status = GateStatus.Closing, Since = default }];
        using var caller = new GateCaller(
            cluster, new GateLinks(new Keys(), static () => "hub"), Options.Create(new GateOptions { AllowPrivateAddresses = true }), TimeProvider.System, NullLogger<GateCaller>.Instance);
        caller.Start(new GateCall
        {
            Spec = new GateSpec { Name = "reroute", Scope = GateScope.Site, Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = $"http://{plant.LocalEndpoint}/" },
            Key = key,
            Effect = isClose ? GateEffect.Close : GateEffect.Ask,
            DeviceId = "",
            Rollout = "r1",
            Group = null,
            Release = "fw@2",
        });

        using var call = await plant.AcceptSocketAsync(token);
        await call.ReceiveAsync(new byte[4096], token);
        await call.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{new string('x', length)}"), token);
        while (cluster.Rollouts["r1"].LastGateAnswer is null)
        {
            await Task.Delay(10, token);
        }

        Assert.Equal(word, cluster.Rollouts["r1"].LastGateAnswer!.Word);
    }

    private sealed class Keys : Access.IKeyDerivation
    {
        public byte[] Derive(string purpose) => new byte[32];
    }
}
