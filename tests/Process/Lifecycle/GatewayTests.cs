using System.Net;
using Muster.Hosting;

namespace Muster.Lifecycle;

public sealed class GatewayTests
{
    private const string Ready = "/health/ready";
    private const string Served = "/statistics/devices?api-version=2021-04-12";

    [Fact]
    public async Task A_gateway_with_the_clusters_certificate_is_served_and_a_foreign_one_refused()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.File("data"), "--set", "Cluster:Tls=true");
        Assert.Equal(0, (await HubProcess.RunToEndAsync("--make-secrets", folder.File("foreign"), "--host", "localhost")).ExitCode);
        await using var foreign = GatewayProcess.Start(Loopback.Next(), hub.Connection, folder.File("foreign"));
        await using var ours = GatewayProcess.Start(Loopback.Next(), hub.Connection, folder.File("data"));

        await ours.UntilAsync(HttpStatusCode.OK, Ready);
        Assert.Equal(HttpStatusCode.Unauthorized, (await ours.AskAsync(Served)).Status);
        await Eventually.TrueAsync("the hub to refuse", () => hub.Output.Contains("Refused the connection with", StringComparison.Ordinal));
        await foreign.UntilAsync(HttpStatusCode.ServiceUnavailable, Ready);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), await foreign.AskAsync(Served));
        Assert.Equal(HttpStatusCode.OK, (await foreign.AskAsync("/health/live")).Status);
    }

    [Fact]
    public async Task A_gateway_says_when_the_cluster_is_away_and_recovers_by_itself()
    {
        using var folder = new TemporaryFolder();
        var address = Loopback.Next();
        var hub = await HubProcess.StartAsync(address, folder.File("data"), "--set", "Cluster:Tls=true");
        await using var gateway = GatewayProcess.Start(Loopback.Next(), hub.Connection, folder.File("data"));
        await gateway.UntilAsync(HttpStatusCode.OK, Ready);

        await hub.KillAsync();
        await hub.DisposeAsync();
        await gateway.UntilAsync(HttpStatusCode.ServiceUnavailable, Ready);
        Assert.Equal(HttpStatusCode.OK, (await gateway.AskAsync("/health/live")).Status);

        await using var successor = await HubProcess.StartAsync(address, folder.File("data"), "--set", "Cluster:Tls=true");
        await gateway.UntilAsync(HttpStatusCode.OK, Ready);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.AskAsync(Served)).Status);
    }
}
