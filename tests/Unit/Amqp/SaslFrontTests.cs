using System.Text;
using Amqp;
using Amqp.Sasl;
using Amqp.Types;
using Muster.Devices;
using Xunit;

namespace Muster.Amqp;

public sealed class SaslFrontTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bare_AMQP_needs_no_SASL()
    {
        await using var hub = await AmqpHub.StartAsync();
        var connection = await hub.ConnectAsync();
        await new Session(connection).CloseAsync();
        Assert.Equal(SaslMechanism.None, Assert.Single(hub.Connections.Snapshot()).Mechanism);
        await connection.CloseAsync();
    }

    [Fact]
    public async Task Anonymous_is_let_in_over_TLS_too()
    {
        await using var hub = await AmqpHub.StartAsync();
        var connection = await AmqpHub.Factory(SaslProfile.Anonymous).CreateAsync(new Address($"amqps://{hub.Tls}"));
        await new Session(connection).CloseAsync();
        Assert.Equal(SaslMechanism.Anonymous, Assert.Single(hub.Connections.Snapshot()).Mechanism);
        await connection.CloseAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_certificate_speaks_for_its_device_and_no_other(bool withExternal)
    {
        await using var hub = await AmqpHub.StartAsync();
        var factory = AmqpHub.Factory(withExternal ? SaslProfile.External : null);
        factory.SSL.ClientCertificates.Add(AmqpHub.DeviceCertificate);
        var connection = await factory.CreateAsync(new Address($"amqps://{hub.Tls}"));
        await new Session(connection).CloseAsync();
        var peer = Assert.Single(hub.Connections.Snapshot());
        Assert.Equal(withExternal ? SaslMechanism.External : SaslMechanism.None, peer.Mechanism);
        var claim = new LinkClaim.Device(DeviceKey.Parse("x509-1"));
        Assert.IsType<LinkGrant.Device>(await peer.AuthorizeAsync(claim));
        Assert.IsType<LinkGrant.Device>(await peer.AuthorizeAsync(claim, isFresh: true));
        Assert.Null(await peer.AuthorizeAsync(new LinkClaim.Device(DeviceKey.Parse("d1"))));
        await connection.CloseAsync();
    }

    [Theory]
    [InlineData("service@sas.root.hub", "service", AmqpHub.Host)]
    [InlineData("SERVICE@sas.root.anything", "service", AmqpHub.Host)]
    [InlineData("d1@sas.hub", null, "d1")]
    [InlineData("d1@sas.hub", "device", AmqpHub.Host)]
    public async Task Plain_takes_a_token_for_a_password(string user, string? policy, string what)
    {
        await using var hub = await AmqpHub.StartAsync();
        var token = policy is null ? AmqpHub.DeviceToken(what) : AmqpHub.PolicyToken(policy, what);
        using var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel);
        Assert.Equal(SaslCode.Ok, await OutcomeAsync(raw, "PLAIN", Plain(user, token)));
    }

    [Theory]
    [InlineData("device@sas.root.hub", "service", AmqpHub.Host)]
    [InlineData("nobody@sas.root.hub", "nobody", AmqpHub.Host)]
    [InlineData("service@sas.root.hub", "service", "elsewhere")]
    [InlineData("d2@sas.hub", null, "d1")]
    [InlineData("x1@sas.hub", null, "x1")]
    [InlineData("d1", null, "d1")]
    [InlineData("@sas.root.hub", "service", AmqpHub.Host)]
    public async Task Plain_is_refused_without_its_users_own_token(string user, string? policy, string what)
    {
        await using var hub = await AmqpHub.StartAsync();
        var token = policy is null ? AmqpHub.DeviceToken(what) : AmqpHub.PolicyToken(policy, what);
        using var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel);
        Assert.Equal(SaslCode.Auth, await OutcomeAsync(raw, "PLAIN", Plain(user, token)));
        Assert.Empty(await raw.ReadToEndAsync(Cancel));
    }

    [Theory]
    [InlineData("EXTERNAL")]
    [InlineData("GSSAPI")]
    [InlineData("PLAIN")]
    public async Task What_shows_nothing_is_refused(string mechanism)
    {
        await using var hub = await AmqpHub.StartAsync();
        using var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel);
        Assert.Equal(SaslCode.Auth, await OutcomeAsync(raw, mechanism, []));
        Assert.Empty(await raw.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task The_hub_says_nothing_behind_the_outcome_until_the_client_spoke()
    {
        await using var hub = await AmqpHub.StartAsync();
        using var raw = await RawAmqp.ConnectAsync(hub.Plain, Cancel);
        Assert.Equal(SaslCode.Ok, await OutcomeAsync(raw, "MSSBCBS", []));
        Assert.Equal(0, hub.Connections.Count);
        Assert.True(await raw.IsSilentAsync(TimeSpan.FromMilliseconds(300), Cancel));
        await raw.SendAsync(SaslFrames.AmqpHeader.ToArray(), Cancel);
        Assert.Equal(SaslFrames.AmqpHeader.ToArray(), await raw.ReadExactlyAsync(8, Cancel));
    }

    [Fact]
    public async Task A_connection_over_WebSocket_is_served_on_both_paths()
    {
        await using var hub = await AmqpHub.StartAsync();
        foreach (var path in (string[])["$iothub/websocket", "$servicebus/websocket"])
        {
            using var socket = new System.Net.WebSockets.ClientWebSocket();
            socket.Options.AddSubProtocol("AMQPWSB10");
            await socket.ConnectAsync(new Uri(hub.WebSocket, path), Cancel);
            Assert.Equal("AMQPWSB10", socket.SubProtocol);
            await socket.SendAsync(SaslFrames.AmqpHeader.ToArray(), System.Net.WebSockets.WebSocketMessageType.Binary, true, Cancel);
            var answer = new byte[8];
            var first = await socket.ReceiveAsync(answer.AsMemory(), Cancel);
            Assert.Equal(SaslFrames.AmqpHeader.ToArray(), answer[..first.Count]);
        }
    }

    private static byte[] Plain(string user, string password) => Encoding.UTF8.GetBytes($"\0{user}\0{password}");

    private static async Task<SaslCode> OutcomeAsync(RawAmqp raw, string mechanism, byte[] response)
    {
        await raw.SendAsync(SaslFrames.SaslHeader.ToArray(), Cancel);
        Assert.Equal(SaslFrames.SaslHeader.ToArray(), await raw.ReadExactlyAsync(8, Cancel));
        var offered = Assert.IsType<SaslMechanisms>(await raw.ReadFrameAsync(Cancel));
        Assert.Equal(["PLAIN", "ANONYMOUS", "EXTERNAL", "MSSBCBS"], offered.SaslServerMechanisms.Select(symbol => (string)symbol));
        var init = new SaslInit { Mechanism = new Symbol(mechanism), InitialResponse = response };
        var body = new ByteBuffer(512, autoGrow: true);
        init.Encode(body);
        await raw.SendAsync(RawAmqp.Frame(body.Buffer.AsSpan(body.Offset, body.Length), type: 1), Cancel);
        return Assert.IsType<SaslOutcome>(await raw.ReadFrameAsync(Cancel)).Code;
    }
}
