using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muster.Ddi;
using Muster.Mender;
using Xunit;

namespace Muster.Updates;

/// <summary>JSON by its grammar that is no text: half of a surrogate pair, and bytes that are not UTF-8. It is answered 400, in whatever place it stands.</summary>
public sealed class HostileTextTests : IDisposable
{
    private const string Half = @"\ud800";

    // Sent as Latin-1: one byte that no UTF-8 has.
    private const string BadByte = "\u00ff";

    private readonly RSA key = RSA.Create(2048);

    public static TheoryData<string> BadTexts => [Half, BadByte];

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task Feedback_of_an_agent_is_not_understood(string bad)
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1");
        foreach (var body in (string[])[
            """{"status":{"execution":"BAD"}}""",
            """{"status":{"execution":"closed","result":{"finished":"BAD"}}}""",
            """{"status":{"execution":"closed","details":["fine","BAD"]}}""",
            """{"status":{"execution":"closed","details":"BAD"}}"""])
        {
            foreach (var action in (string[])["deploymentBase", "cancelAction"])
            {
                Assert.Equal(400, (await hub.SendAsync("POST", $"/default/controller/v1/d1/{action}/101/feedback", Bytes(body, bad), ("Authorization", hub.Gateway))).Status);
            }
        }

        Assert.Empty(device.Reports);
    }

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task Attributes_of_an_agent_are_not_understood(string bad)
    {
        await using var hub = await AgentFixture.StartAsync();
        var device = hub.Devices.Register("d1");
        foreach (var body in (string[])[
            """{"data":{"model":"BAD"}}""", """{"data":{"BAD":"P7"}}""", """{"mode":"BAD","data":{"model":"P7"}}""", """{"BAD":1}"""])
        {
            Assert.Equal(400, (await hub.SendAsync("PUT", "/default/controller/v1/d1/configData", Bytes(body, bad), ("Authorization", hub.Gateway))).Status);
        }

        Assert.Empty(device.Patches);
    }

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task Who_asks_for_a_token_is_not_understood(string bad)
    {
        await using var hub = await AgentFixture.StartAsync();
        var pem = JsonSerializer.Serialize(key.ExportSubjectPublicKeyInfoPem());
        foreach (var body in (string[])[
            """{"id_data":"BAD","pubkey":PEM}""",
            """{"id_data":"{\"mac\":\"TWICE\"}","pubkey":PEM}""",
            """{"id_data":"{\"mac\":\"x\"}","pubkey":"BAD"}""",
            """{"id_data":"{\"mac\":\"x\"}","pubkey":PEM,"tenant_token":"BAD"}"""])
        {
            var sent = body.Replace("PEM", pem, StringComparison.Ordinal).Replace("TWICE", bad.Replace(@"\", @"\\", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal((400, body), ((await hub.SendAsync("POST", "/api/devices/v1/authentication/auth_requests", Bytes(sent, bad))).Status, body));
        }
    }

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task What_a_client_says_is_not_understood(string bad)
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        var deployment = $"/api/devices/v1/deployments/device/deployments/{DeploymentId.Make("d1", 101)}";
        foreach (var (method, path, body) in ((string, string, string)[])[
            ("PUT", "/api/devices/v1/inventory/device/attributes", """[{"name":"BAD","value":"x"}]"""),
            ("PATCH", "/api/devices/v1/inventory/device/attributes", """[{"name":"model","value":"BAD"}]"""),
            ("POST", "/api/devices/v2/deployments/device/deployments/next", """{"device_provides":{"BAD":"x"}}"""),
            ("POST", "/api/devices/v1/deployments/device/deployments/next", """{"artifact_name":"BAD"}"""),
            ("PUT", deployment + "/status", """{"status":"BAD"}"""),
            ("PUT", deployment + "/status", """{"status":"success","substate":"BAD"}"""),
            ("PUT", deployment + "/log", """{"messages":[{"level":"BAD","message":"x"}]}"""),
            ("PUT", deployment + "/log", """{"messages":[{"level":"error","message":"BAD"}]}""")])
        {
            Assert.Equal((400, method, path), ((await hub.SendAsync(method, path, Bytes(body, bad), token)).Status, method, path));
        }

        Assert.Empty(hub.Devices["d1"].Reports);
        Assert.Empty(hub.Devices["d1"].Patches);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_in_a_query_are_no_fault_of_the_hub()
    {
        await using var hub = await AgentFixture.StartAsync();
        var token = await TokenAsync(hub);
        hub.Devices["d1"].Offer = AgentFixture.Offer("pump.mender");

        var answer = await hub.SendAsync("GET", "/api/devices/v1/deployments/device/deployments/next?device_type=%ED%A0%80%FF&artifact_name=%ff", null, token);

        Assert.Equal(200, answer.Status);
        Assert.NotEmpty(answer.Json.GetProperty("artifact").GetProperty("device_types_compatible")[0].GetString()!);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_in_a_path_lead_to_no_device()
    {
        await using var hub = await AgentFixture.StartAsync();

        Assert.Equal(401, (await hub.SendAsync("GET", "/default/controller/v1/%ED%A0%80%FF", null, ("Authorization", "TargetToken x"))).Status);
    }

    [Fact]
    public void Whatever_is_changed_in_a_key_it_is_taken_or_not_and_nothing_else()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var info in new[] { key.ExportSubjectPublicKeyInfo(), ecdsa.ExportSubjectPublicKeyInfo() })
        {
            // The first bytes say which key it is, and on which curve; the others are numbers.
            for (var at = 0; at < Math.Min(info.Length, 40); at++)
            {
                for (var value = 0; value < 256; value++)
                {
                    var changed = (byte[])info.Clone();
                    changed[at] = (byte)value;
                    MenderKey.Read(PemEncoding.WriteString("PUBLIC KEY", changed))?.Verifies("x"u8, "AAAA");
                }
            }
        }
    }

    public void Dispose() => key.Dispose();

    private static byte[] Bytes(string body, string bad) => Encoding.Latin1.GetBytes(body.Replace("BAD", bad, StringComparison.Ordinal));

    private async Task<(string, string?)> TokenAsync(AgentFixture hub)
    {
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        hub.Devices.Register("d1", tags: $$$"""{"mender":{"keySha256":"{{{fingerprint}}}"}}""");
        var body = JsonSerializer.SerializeToUtf8Bytes(new { id_data = """{"mac":"d1"}""", pubkey = key.ExportSubjectPublicKeyInfoPem(), tenant_token = "" });
        var signature = Convert.ToBase64String(key.SignData(body, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var answer = await hub.SendAsync("POST", "/api/devices/v1/authentication/auth_requests", body, ("X-MEN-Signature", signature));
        Assert.Equal(200, answer.Status);
        return ("Authorization", $"Bearer {answer.Body}");
    }
}
