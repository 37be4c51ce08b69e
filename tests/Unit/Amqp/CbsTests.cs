using System.Text.Json;
using Amqp;
using Amqp.Framing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Muster.Devices;
using Muster.Sessions;
using Xunit;

namespace Muster.Amqp;

public sealed class CbsTests
{
    private static readonly LinkClaim.Policy Events = new(AccessRights.ServiceConnect, ["muster", "ConsumerGroups", "$Default", "Partitions", "0"]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_policys_token_is_answered_with_200_to_the_asker()
    {
        await using var hub = await AmqpHub.StartAsync();
        var cbs = await CbsClient.OpenAsync(await hub.ConnectAsync());
        Assert.Equal((200, "OK"), await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service")));
        Assert.NotNull(await Peer(hub).AuthorizeAsync(new LinkClaim.Policy(AccessRights.ServiceConnect, ["messages", "devicebound"])));
        Assert.Null(await Peer(hub).AuthorizeAsync(new LinkClaim.Policy(AccessRights.RegistryRead, [])));
        Assert.Null(await Peer(hub).AuthorizeAsync(new LinkClaim.Device(DeviceKey.Parse("d1"))));
    }

    [Fact]
    public async Task A_devices_token_speaks_for_that_device_and_a_policys_for_those_that_it_covers()
    {
        await using var hub = await AmqpHub.StartAsync();
        var cbs = await CbsClient.OpenAsync(await hub.ConnectAsync());
        Assert.Equal(200, (await cbs.PutAsync($"{AmqpHub.Host}%2Fdevices%2Fd1", AmqpHub.DeviceToken("d1"))).Status);
        Assert.NotNull(await Peer(hub).AuthorizeAsync(new LinkClaim.Device(DeviceKey.Parse("d1"))));
        Assert.Null(await Peer(hub).AuthorizeAsync(new LinkClaim.Device(DeviceKey.Parse("d2"))));
        Assert.Equal(200, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("device"))).Status);
        var grant = Assert.IsType<LinkGrant.Device>(await Peer(hub).AuthorizeAsync(new LinkClaim.Device(DeviceKey.Parse("d2"))));
        Assert.Contains("\"scope\":\"hub\"", grant.Access.AuthMethod, StringComparison.Ordinal);
        Assert.Null(await Peer(hub).AuthorizeAsync(new LinkClaim.Device(DeviceKey.Parse("x1"))));
    }

    [Fact]
    public async Task Event_Hubs_tokens_are_signed_with_the_text_of_the_key()
    {
        await using var hub = await AmqpHub.StartAsync();
        var cbs = await CbsClient.OpenAsync(await hub.ConnectAsync());
        var audience = $"sb://{AmqpHub.Host}:5671/muster/ConsumerGroups/$Default/Partitions/0";
        Assert.Equal(200, (await cbs.PutAsync(audience, AmqpHub.EventHubsToken("service", audience))).Status);
        Assert.NotNull(await Peer(hub).AuthorizeAsync(Events));
        Assert.NotNull(await Peer(hub).AuthorizeAsync(new LinkClaim.Policy(AccessRights.ServiceConnect, null)));
        Assert.Null(await Peer(hub).AuthorizeAsync(Events with { Path = ["muster", "ConsumerGroups", "$Default", "Partitions", "1"] }));
        Assert.Equal(401, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.EventHubsToken("service", AmqpHub.Host))).Status);
    }

    [Fact]
    public async Task What_does_not_hold_is_answered_with_401_and_gives_nothing()
    {
        await using var hub = await AmqpHub.StartAsync();
        var cbs = await CbsClient.OpenAsync(await hub.ConnectAsync());
        var past = TimeProvider.System.GetUtcNow().AddHours(-1);
        foreach (var token in (string?[])[null, "", "nonsense", AmqpHub.PolicyToken("nobody"), AmqpHub.PolicyToken("service", "elsewhere"),
            AmqpHub.PolicyToken("service", until: past), AmqpHub.DeviceToken("x1"), AmqpHub.DeviceToken("d1", past),
            AmqpHub.PolicyToken("service").Replace("sig=", "sig=A", StringComparison.Ordinal), $"SharedAccessSignature sr={AmqpHub.Host}&sig=AAAA&se=99999999999"])
        {
            Assert.Equal(401, (await cbs.PutAsync(AmqpHub.Host, token)).Status);
        }

        Assert.Null(await Peer(hub).AuthorizeAsync(new LinkClaim.Policy(AccessRights.None, null)));
    }

    [Fact]
    public async Task Other_operations_and_audiences_are_refused()
    {
        await using var hub = await AmqpHub.StartAsync();
        var cbs = await CbsClient.OpenAsync(await hub.ConnectAsync());
        Assert.Equal(501, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service"), operation: "delete-token")).Status);
        Assert.Equal(400, (await cbs.PutAsync("", AmqpHub.PolicyToken("service"))).Status);
        Assert.Equal(400, (await cbs.PutAsync(new string('a', 2000), AmqpHub.PolicyToken("service"))).Status);
    }

    [Fact]
    public async Task A_connection_holds_a_bounded_number_of_tokens()
    {
        await using var hub = await AmqpHub.StartAsync();
        var cbs = await CbsClient.OpenAsync(await hub.ConnectAsync());
        var token = AmqpHub.PolicyToken("service");
        for (var i = 0; i < AmqpLimits.MaxTokens; i++)
        {
            Assert.Equal(200, (await cbs.PutAsync($"{AmqpHub.Host}/{i}", token)).Status);
        }

        Assert.Equal(429, (await cbs.PutAsync($"{AmqpHub.Host}/more", token)).Status);
        Assert.Equal(200, (await cbs.PutAsync($"{AmqpHub.Host}/7", token)).Status);
    }

    [Fact]
    public async Task Who_has_proved_nothing_has_few_links()
    {
        await using var hub = await AmqpHub.StartAsync();
        var connection = await hub.ConnectAsync();
        var cbs = await CbsClient.OpenAsync(connection);
        var session = new Session(connection);
        for (var i = 2; i < AmqpLimits.MaxUnprovedLinks; i++)
        {
            await Attached.SenderAsync(session, $"{i}", "$cbs");
        }

        Assert.Equal("amqp:resource-limit-exceeded", (await ClosedAsync(new SenderLink(session, "more", "$cbs"))).Condition);
        Assert.Equal(200, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service"))).Status);
        await (await Attached.SenderAsync(session, "now", "$cbs")).CloseAsync();
    }

    [Fact]
    public async Task A_link_without_a_token_is_refused_and_with_one_is_open()
    {
        var route = new TestRoute(new LinkClaim.Policy(AccessRights.ServiceConnect, []), _ => ValueTask.FromResult<LinkAnswer>(new LinkAnswer.Sink(new TestSink(), 1, 1000)));
        await using var hub = await AmqpHub.StartAsync(routes: route);
        var connection = await hub.ConnectAsync();
        var session = new Session(connection);
        var early = await ClosedAsync(new SenderLink(session, "early", "test"));
        Assert.Equal("amqp:unauthorized-access", early.Condition);
        Assert.Equal(401002, JsonDocument.Parse(early.Description).RootElement.GetProperty("errorCode").GetInt32());

        var cbs = await CbsClient.OpenAsync(connection);
        Assert.Equal(200, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service"))).Status);
        var late = new SenderLink(session, "late", "test");
        await late.CloseAsync();
        Assert.Null(late.Error);
    }

    [Fact]
    public async Task An_unknown_address_is_answered_as_IoT_Hub_does()
    {
        await using var hub = await AmqpHub.StartAsync();
        var session = new Session(await hub.ConnectAsync());
        foreach (var link in (Link[])[new SenderLink(session, "s", "/no/such/place"), new ReceiverLink(session, "r", "amqps://hub.test/no/such/place")])
        {
            var error = await ClosedAsync(link);
            Assert.Equal("amqp:not-found", error.Condition);
            var body = JsonDocument.Parse(error.Description).RootElement;
            Assert.Equal(404006, body.GetProperty("errorCode").GetInt32());
            Assert.Contains("did not match any", body.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Links_live_until_their_token_ends_and_a_renewal_lets_them_live_on()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var sinks = new Dictionary<string, TestSink> { ["kept"] = new(), ["lost"] = new() };
        var route = new TestRoute(new LinkClaim.Policy(AccessRights.ServiceConnect, ["a"]), request => ValueTask.FromResult<LinkAnswer>(new LinkAnswer.Sink(sinks[request.Name], 1, 1000)));
        await using var hub = await AmqpHub.StartAsync(clock, routes: route);
        var links = new Dictionary<string, SenderLink>();
        var renewals = new Dictionary<string, CbsClient>();
        foreach (var name in sinks.Keys)
        {
            var connection = await hub.ConnectAsync();
            renewals[name] = await CbsClient.OpenAsync(connection);
            Assert.Equal(200, (await renewals[name].PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service", until: clock.GetUtcNow().AddMinutes(10)))).Status);
            links[name] = await Attached.SenderAsync(new Session(connection), name, "test");
        }

        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(200, (await renewals["kept"].PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service", until: clock.GetUtcNow().AddMinutes(10)))).Status);
        // Just behind the end: later, the connection too has had its time to prove itself anew.
        clock.Advance(TimeSpan.FromSeconds(61));
        hub.Services.GetRequiredService<TimerWheel>().Advance();

        Assert.Equal("amqp:unauthorized-access", (await ClosedAsync(links["lost"])).Condition);
        await sinks["lost"].Closed;
        Assert.False(links["kept"].IsClosed);
        Assert.Equal((0, 1), (sinks["kept"].Closes, sinks["lost"].Closes));
    }

    [Fact]
    public async Task A_link_does_not_outlive_its_token_by_another_that_took_its_place()
    {
        var sink = new TestSink();
        var claim = new LinkClaim.Policy(AccessRights.ServiceConnect, ["a"]);
        await using var hub = await AmqpHub.StartAsync(routes: new TestRoute(claim, _ => ValueTask.FromResult<LinkAnswer>(new LinkAnswer.Sink(sink, 1, 1000))));
        var connection = await hub.ConnectAsync();
        var cbs = await CbsClient.OpenAsync(connection);
        Assert.Equal(200, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service"))).Status);
        var link = await Attached.SenderAsync(new Session(connection), "l", "test");
        Assert.Equal(200, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("service", until: TimeProvider.System.GetUtcNow().AddHours(2)))).Status);
        Assert.Equal(0, sink.Closes);

        Assert.Equal(200, (await cbs.PutAsync(AmqpHub.Host, AmqpHub.PolicyToken("device"))).Status);
        Assert.Equal("amqp:unauthorized-access", (await ClosedAsync(link)).Condition);
    }

    private static Peer Peer(AmqpHub hub) => Assert.Single(hub.Connections.Snapshot());

    private static Task<Error> ClosedAsync(Link link) => Attached.ClosedAsync(link);
}
