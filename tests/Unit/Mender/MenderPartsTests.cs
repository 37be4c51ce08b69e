using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Muster.Devices;
using Muster.Updates;
using Xunit;

namespace Muster.Mender;

public sealed class MenderPartsTests
{
    [Theory]
    [InlineData("downloading", null, AgentEvent.Downloading)]
    [InlineData("pause_before_installing", UpdateStatus.Downloading, AgentEvent.Downloaded)]
    [InlineData("installing", UpdateStatus.Downloading, AgentEvent.Installing)]
    [InlineData("installing", UpdateStatus.ReadyToInstall, AgentEvent.Installing)]
    [InlineData("installing", UpdateStatus.Installing, AgentEvent.Confirming)]
    [InlineData("installing", UpdateStatus.Rebooting, AgentEvent.Confirming)]
    [InlineData("installing", UpdateStatus.Verifying, AgentEvent.Confirming)]
    [InlineData("pause_before_rebooting", UpdateStatus.Installing, AgentEvent.Installed)]
    [InlineData("rebooting", UpdateStatus.Installing, AgentEvent.Rebooting)]
    [InlineData("pause_before_committing", UpdateStatus.Verifying, AgentEvent.Confirming)]
    [InlineData("success", UpdateStatus.Verifying, AgentEvent.Succeeded)]
    [InlineData("failure", UpdateStatus.Installing, AgentEvent.Failed)]
    [InlineData("already-installed", UpdateStatus.Accepted, AgentEvent.AlreadyInstalled)]
    [InlineData("dancing", UpdateStatus.Accepted, null)]
    public void A_status_means_more_by_where_the_update_stands(string status, UpdateStatus? stands, AgentEvent? happened) =>
        Assert.Equal(happened, MenderStatus.Event(status, stands));

    [Fact]
    public void A_deployments_id_leads_back_to_the_update_of_its_device_alone()
    {
        foreach (var wireId in (int[])[1, 101, int.MaxValue])
        {
            var id = DeploymentId.Make("d1", wireId);
            Assert.Equal((8, wireId), (id.Version, DeploymentId.Read("d1", id)));
            Assert.Null(DeploymentId.Read("d2", id));
            Assert.Equal(id, DeploymentId.Make("d1", wireId));
        }

        Assert.Null(DeploymentId.Read("d1", Guid.Empty));
        Assert.Null(DeploymentId.Read("d1", Guid.AllBitsSet));
    }

    [Theory]
    [InlineData(UpdatePermit.Download, "pause", "pause", "pause")]
    [InlineData(UpdatePermit.Install, "continue", "pause", "pause")]
    [InlineData(UpdatePermit.Reboot, "continue", "continue", "pause")]
    [InlineData(UpdatePermit.Commit, "continue", "continue", "continue")]
    public void The_map_stops_a_client_where_it_may_not_go_on(UpdatePermit permit, string install, string reboot, string commit)
    {
        var map = JsonDocument.Parse(MenderBodies.Map("d1", AgentFixture.Offer("a.mender", permit))).RootElement.GetProperty("update_control_map");

        Assert.Equal(DeploymentId.Make("d1", 101), map.GetProperty("id").GetGuid());
        Assert.Equal(["id", "priority", "states"], map.EnumerateObject().Select(field => field.Name));
        Assert.Equal([install, reboot, commit], Actions(map));
        Assert.All(map.GetProperty("states").EnumerateObject(), state => Assert.Equal("fail", state.Value.GetProperty("on_map_expire").GetString()));
    }

    [Fact]
    public void The_map_fails_a_client_that_is_to_stop_or_to_go_back()
    {
        foreach (var offer in (AgentOffer[])[AgentFixture.Offer("a.mender") with { IsCancel = true }, AgentFixture.Offer("a.mender") with { MustRollBack = true }])
        {
            Assert.Equal(["fail", "fail", "fail"], Actions(JsonDocument.Parse(MenderBodies.Map("d1", offer)).RootElement.GetProperty("update_control_map")));
        }
    }

    [Fact]
    public void A_token_opens_its_device_until_its_time_is_over()
    {
        var time = new FakeTimeProvider(AgentFixture.Start);
        var tokens = Tokens(time);
        var claims = new MenderClaims(DeviceKey.Parse("00-11-22"), 638, new string('a', 64));
        var token = tokens.Make(claims);

        Assert.Equal(claims, tokens.Read(token));
        time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.Equal(claims, tokens.Read(token));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(tokens.Read(token));
    }

    [Fact]
    public void Whatever_is_changed_in_a_token_breaks_it()
    {
        var tokens = Tokens(new FakeTimeProvider(AgentFixture.Start));
        var token = tokens.Make(new MenderClaims(DeviceKey.Parse("d1"), 638, new string('a', 64)));
        for (var i = 0; i < token.Length; i++)
        {
            Assert.Null(tokens.Read($"{token[..i]}{(token[i] == 'x' ? 'y' : 'x')}{token[(i + 1)..]}"));
        }

        foreach (var other in (string[])["", ".", "..", "a.b.c", token + "x", token + ".x", new string('x', 5000)])
        {
            Assert.Null(tokens.Read(other));
        }
    }

    [Fact]
    public void Signatures_of_RSA_and_ECDSA_are_checked_over_the_very_bytes()
    {
        var body = "{\"id_data\":\"x\"}\n"u8.ToArray();
        using var rsa = RSA.Create(2048);
        var byRsa = Convert.ToBase64String(rsa.SignData(body, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var key = MenderKey.Read(rsa.ExportSubjectPublicKeyInfoPem())!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo())), key.Fingerprint);
        Assert.True(key.Verifies(body, byRsa));
        Assert.False(key.Verifies(body.AsSpan(0, body.Length - 1), byRsa));
        Assert.False(key.Verifies(body, ""));
        Assert.False(key.Verifies(body, "%"));

        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var byEcdsa = Convert.ToBase64String(ecdsa.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.True(MenderKey.Read(ecdsa.ExportSubjectPublicKeyInfoPem())!.Verifies(body, byEcdsa));
        Assert.False(MenderKey.Read(ecdsa.ExportSubjectPublicKeyInfoPem())!.Verifies(body, byRsa));
    }

    [Fact]
    public void A_key_that_is_weak_or_none_is_not_taken()
    {
        using var weak = RSA.Create(1024);
        Assert.Null(MenderKey.Read(weak.ExportSubjectPublicKeyInfoPem()));
        Assert.Null(MenderKey.Read(weak.ExportRSAPrivateKeyPem()));
        Assert.Null(MenderKey.Read(""));
        Assert.Null(MenderKey.Read("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
    }

    [Theory]
    [InlineData("""{"mac":"00:11:22:aa","serial":"7"}""", "00:11:22:aa")]
    [InlineData("""{"serial":"pump /7ü"}""", "pump--7-")]
    [InlineData("""{"mac":["02:42"]}""", "02:42")]
    [InlineData("""{"mac":5}""", null)]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    [InlineData("nonsense", null)]
    public void A_device_is_called_by_its_identity_data(string data, string? id)
    {
        using var rsa = RSA.Create(2048);
        var body = JsonSerializer.SerializeToUtf8Bytes(new { id_data = data, tenant_token = "t", pubkey = rsa.ExportSubjectPublicKeyInfoPem() });

        Assert.Equal(id, AuthRequest.Parse(body, "mac", out _)?.Device.DeviceId);
    }

    [Fact]
    public void The_log_is_its_errors_and_no_longer_than_a_report()
    {
        Assert.Equal("b\nd", MenderMessages.Log(Encoding.UTF8.GetBytes(
            """{"messages":[{"level":"info","message":"a"},{"level":"error","message":"b"},{"level":"debug","message":"c"},{"level":"fatal","message":"d"},5]}""")));
        Assert.Equal("a", MenderMessages.Log("""{"messages":[{"level":"info","message":"a"}]}"""u8.ToArray()));
        Assert.Null(MenderMessages.Log("[]"u8.ToArray()));
        var large = JsonSerializer.SerializeToUtf8Bytes(new { messages = new[] { new { level = "error", message = new string('x', 5000) } } });
        Assert.Equal(AgentReport.MaxMessageLength, MenderMessages.Log(large)!.Length);
    }

    [Fact]
    public void What_a_status_says_beside_is_no_longer_than_a_report()
    {
        var said = MenderMessages.Status(JsonSerializer.SerializeToUtf8Bytes(new { status = "failure", substate = new string('x', 5000) }));
        Assert.Equal(AgentReport.MaxMessageLength, said!.Value.Substate!.Length);
    }

    private static MenderTokens Tokens(TimeProvider clock) => new(new AgentSecrets(new Keys()), Options.Create(new MenderOptions()), clock);

    private static string?[] Actions(JsonElement map) => [.. map.GetProperty("states").EnumerateObject().Select(state => state.Value.GetProperty("action").GetString())];

    private sealed class Keys : IKeyDerivation
    {
        public byte[] Derive(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes(purpose));
    }
}
