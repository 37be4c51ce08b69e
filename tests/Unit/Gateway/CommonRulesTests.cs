using Muster.Calls;
using Muster.Errors;
using Muster.Fleet;
using Orleans.Runtime;
using Xunit;

namespace Muster.Gateway;

public sealed class CommonRulesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("?api-version=")]
    [InlineData("?api-version=2021")]
    [InlineData("?api-version=2021-04-12x")]
    [InlineData("?api-version=2021-04-12-<b>")]
    [InlineData("?api-version=abcd-ef-gh")]
    public async Task Without_a_well_formed_api_version_a_request_is_refused(string query)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Get, $"/devices{(query.Length == 0 ? "?" : query)}");

        Assert.Equal((400, "InvalidProtocolVersion"), (answer.Status, answer.ErrorCode));
    }

    [Theory]
    [InlineData("2021-04-12")]
    [InlineData("2016-02-03")]
    [InlineData("2025-08-01-preview")]
    public async Task Any_well_formed_api_version_is_accepted(string version)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal(200, (await gateway.GetAsync($"/devices?api-version={version}")).Status);
    }

    [Fact]
    public async Task Faults_of_the_cluster_are_a_503_that_says_when_to_come_back()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        foreach (var fault in (Exception[])[new OrleansException("x"), new TimeoutException(), new SiloUnavailableException()])
        {
            gateway.Cluster.Fault = fault;
            var hub = await gateway.GetWhileTimePassesAsync("/twins/d1");
            var own = await gateway.GetWhileTimePassesAsync("/api/v1/events?partition=0");

            Assert.Equal((503, "ServiceUnavailable", "5"), (hub.Status, hub.ErrorCode, hub.Header("Retry-After")));
            Assert.Equal((503, "urn:muster:problem:unavailable", "5"), (own.Status, own.Json.GetProperty("type").GetString(), own.Header("Retry-After")));
        }
    }

    [Fact]
    public async Task A_fault_of_the_upstream_hub_is_a_503_in_its_own_words()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Fault = new UpstreamFaultException("The upstream hub did not answer.");

        var answer = await gateway.GetWhileTimePassesAsync("/twins/d1");

        Assert.Equal((503, "ServiceUnavailable"), (answer.Status, answer.ErrorCode));
        Assert.Contains("The upstream hub did not answer.", answer.Json.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_outlasts_a_fault_and_a_change_only_one_that_kept_it_from_running()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Fault = new SiloUnavailableException();
        var read = gateway.GetWhileTimePassesAsync("/devices/d1");
        gateway.Cluster.Fault = null;
        Assert.Equal(404, (await read).Status);

        gateway.Cluster.Fault = new TimeoutException();
        Assert.Equal(503, (await gateway.SendAsync(HttpMethod.Put, "/devices/d1", """{"deviceId":"d1"}""")).Status);
        gateway.Cluster.Fault = Rejections.New();
        var change = gateway.SendWhileTimePassesAsync(HttpMethod.Put, "/devices/d1", """{"deviceId":"d1"}""");
        gateway.Cluster.Fault = null;
        Assert.Equal(200, (await change).Status);
    }

    [Fact]
    public async Task A_cluster_that_is_too_busy_is_a_429_that_says_when_to_come_back()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Fault = new LimitExceededException("x");

        var answer = await gateway.GetAsync("/twins/d1");

        Assert.Equal((429, nameof(HubErrorCode.ThrottlingException), "5"), (answer.Status, answer.ErrorCode, answer.Header("Retry-After")));
    }

    [Fact]
    public async Task A_fleet_that_is_too_busy_says_itself_when_to_come_back()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Fault = new FleetBusyException("Too many queries.", TimeSpan.FromSeconds(16.2));

        var answer = await gateway.GetAsync("/statistics/devices");

        Assert.Equal((429, nameof(HubErrorCode.ThrottlingException), "17"), (answer.Status, answer.ErrorCode, answer.Header("Retry-After")));
        Assert.Contains("ErrorCode:ThrottlingException;Too many queries.", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bug_is_a_500_without_its_stack_trace()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Fault = new InvalidOperationException("secret");

        var answer = await gateway.GetAsync("/twins/d1");

        Assert.Equal((500, "ServerError"), (answer.Status, answer.ErrorCode));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"AAAA=\"", "AAAA=")]
    [InlineData("AAAA=", "AAAA=")]
    [InlineData("W/\"AAAA=\"", "AAAA=")]
    [InlineData("\"*\"", "*")]
    [InlineData("*", "*")]
    [InlineData("", null)]
    [InlineData("\"\"", null)]
    public void An_etag_is_what_stands_between_its_quotes(string header, string? etag) => Assert.Equal(etag, ETags.Parse(header));

    [Fact]
    public async Task Health_needs_no_credentials_and_readiness_the_cluster()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var cancellationToken = TestContext.Current.CancellationToken;

        Assert.Equal("live", await gateway.Client.GetStringAsync("/health/live", cancellationToken));
        Assert.Equal("ready", await gateway.Client.GetStringAsync("/health/ready", cancellationToken));
        gateway.Cluster.Fault = new SiloUnavailableException();
        using var unready = await gateway.Client.GetAsync("/health/ready", cancellationToken);

        Assert.Equal(503, (int)unready.StatusCode);
        Assert.Equal("live", await gateway.Client.GetStringAsync("/health/live", cancellationToken));
    }
}
