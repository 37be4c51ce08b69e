using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using Muster.Devices;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

public sealed class CredentialTests(HubFixture hub)
{
    [Fact]
    public async Task Both_keys_and_a_policy_with_the_right_open_a_device()
    {
        await hub.CreateDeviceAsync("cred-ok");
        var resource = $"{HubFixture.Host}/devices/cred-ok";
        Assert.Equal(0, await ConnectAsync("cred-ok", HubFixture.Token(resource, HubFixture.KeyOf("cred-ok"))));
        Assert.Equal(0, await ConnectAsync("cred-ok", HubFixture.Token(resource, HubFixture.KeyOf("cred-ok2"))));
        Assert.Equal(0, await ConnectAsync("cred-ok", HubFixture.Token(HubFixture.Host, HubFixture.PolicyKey, "device")));
        Assert.Equal(5, await ConnectAsync("cred-ok", HubFixture.Token(HubFixture.Host, HubFixture.PolicyKey, "registryRead")));
    }

    [Fact]
    public async Task Every_refusal_is_not_authorised()
    {
        await hub.CreateDeviceAsync("cred");
        await hub.CreateDeviceAsync("cred-b");
        var resource = $"{HubFixture.Host}/devices/cred";
        Assert.Equal(5, await ConnectAsync("cred", HubFixture.Token(resource, HubFixture.KeyOf("wrong"))));
        Assert.Equal(5, await ConnectAsync("cred", HubFixture.Token(resource, HubFixture.KeyOf("cred"), validFor: TimeSpan.FromHours(-1))));
        Assert.Equal(5, await ConnectAsync("cred-b", HubFixture.Token(resource, HubFixture.KeyOf("cred"))));
        Assert.Equal(5, await ConnectAsync("cred-unknown", HubFixture.DeviceToken("cred-unknown")));
        Assert.Equal(5, await ConnectAsync("cred", "nonsense"));
        Assert.Equal(5, await SendAsync("cred", $"{HubFixture.Host}/cred-b/?api-version=1", HubFixture.DeviceToken("cred")));
        Assert.Equal(5, await SendAsync("cred", "other.host/cred/?api-version=1", HubFixture.DeviceToken("cred")));
        Assert.Equal(5, await SendAsync("bad/id/x", $"{HubFixture.Host}/bad/id/x", HubFixture.DeviceToken("cred")));
    }

    [Fact]
    public async Task Every_form_of_user_name_connects()
    {
        await hub.CreateDeviceAsync("cred-name");
        foreach (var tail in new[] { "", "/", "/?api-version=2021-04-12", "/api-version=2016-11-14", "/?api-version=1&model-id=dtmi:com:x;1" })
        {
            Assert.Equal(0, await SendAsync("cred-name", $"{HubFixture.Host}:8883/cred-name{tail}", HubFixture.DeviceToken("cred-name")));
        }
    }

    [Fact]
    public async Task A_module_connects_by_its_own_key_and_sends_telemetry()
    {
        var device = await hub.CreateDeviceAsync("cred-parent");
        var spec = new IdentitySpec { Authentication = new DeviceAuthentication { PrimaryKey = HubFixture.KeyOf("mod"), SecondaryKey = HubFixture.KeyOf("mod2") } };
        Assert.IsType<IdentityReply.Accepted>(await device.CreateModuleAsync("mod", spec));
        var token = HubFixture.Token($"{HubFixture.Host}/devices/cred-parent/modules/mod", HubFixture.KeyOf("mod"));
        await using var module = await TestDevice.ConnectAsync(
            hub, "cred-parent/mod", o => o.WithCredentials($"{HubFixture.Host}/cred-parent/mod/?api-version=2021-04-12", token));
        await module.PublishAsync("devices/cred-parent/modules/mod/messages/events/%24.on=out1/", "x", qos: 1);
        var stored = Assert.Single(await hub.EventsOfAsync("cred-parent", 1));
        Assert.Equal("mod", stored.ModuleId);
        Assert.Contains(new("iothub-outputname", "out1"), stored.SystemProperties);
    }

    [Fact]
    public async Task A_certificate_opens_the_device_whose_thumbprint_it_has()
    {
        using var mine = SelfSigned("mine");
        using var other = SelfSigned("other");
        var grain = hub.Grains.GetGrain<IDeviceGrain>("cred-x509");
        var spec = new IdentitySpec
        {
            Authentication = new DeviceAuthentication
            {
                Type = AuthenticationType.SelfSigned,
                PrimaryThumbprint = mine.GetCertHashString(HashAlgorithmName.SHA256),
                SecondaryThumbprint = mine.GetCertHashString(HashAlgorithmName.SHA1),
            },
        };
        Assert.IsType<IdentityReply.Accepted>(await grain.CreateAsync(spec));
        await using var device = await TestDevice.ConnectAsync(hub, "cred-x509", o => WithCertificate(o, mine));
        Assert.Equal(MqttClientConnectResultCode.Success, device.Connected.ResultCode);
        Assert.Equal(MqttClientConnectResultCode.NotAuthorized, await RefusedAsync("cred-x509", o => WithCertificate(o, other)));
        Assert.Equal(MqttClientConnectResultCode.NotAuthorized, await RefusedAsync("cred-x509", o => WithCertificate(o)));
    }

    [Fact]
    public async Task A_device_connects_over_tls_and_over_a_websocket()
    {
        await hub.CreateDeviceAsync("cred-tls");
        await using (var tls = await TestDevice.ConnectAsync(hub, "cred-tls", o => TestDevice.OverTls(o, hub)))
        {
            await tls.PublishAsync("devices/cred-tls/messages/events/", "tls", qos: 1);
        }

        await using var socket = await TestDevice.ConnectAsync(hub, "cred-tls", o => o.WithWebSocketServer(w => w.WithUri(hub.WebSocket.ToString())));
        await socket.PublishAsync("devices/cred-tls/messages/events/", "ws", qos: 1);
        Assert.Equal(["tls", "ws"], (await hub.EventsOfAsync("cred-tls", 2)).Select(e => System.Text.Encoding.UTF8.GetString(e.Body.Span)));
    }

    [Fact]
    public async Task Other_versions_of_mqtt_are_answered_as_unacceptable()
    {
        await using var client = await RawClient.OpenAsync(hub.Plain);
        await client.SendAsync(MqttPackets.Frame(0x10, [.. MqttPackets.Text("MQTT"), 5, 2, 0, 60, 0, .. MqttPackets.Text("d")]));
        Assert.Equal([0x20, 2, 0, 1], await client.ReadToEndAsync());
    }

    private void WithCertificate(MqttClientOptionsBuilder options, params X509Certificate2[] certificates)
    {
        options.WithCredentials($"{HubFixture.Host}/cred-x509/?api-version=2021-04-12", (string)null!);
        TestDevice.OverTls(options, hub, certificates);
    }

    private async Task<MqttClientConnectResultCode> RefusedAsync(string id, Action<MqttClientOptionsBuilder> change)
    {
        await using var device = await TestDevice.ConnectAsync(hub, id, change);
        return device.Connected.ResultCode;
    }

    private Task<int> ConnectAsync(string id, string token) => SendAsync(id, $"{HubFixture.Host}/{id}/?api-version=2021-04-12", token);

    private async Task<int> SendAsync(string clientId, string userName, string password)
    {
        await using var client = await RawClient.OpenAsync(hub.Plain);
        await client.SendAsync(MqttPackets.Connect(clientId, userName, password));
        return (await client.ReadAsync(4))[3];
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
