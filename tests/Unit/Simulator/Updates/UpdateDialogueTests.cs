using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Muster.Simulation.Updates;

/// <summary>What the agent reads and writes on the wire.</summary>
public sealed class UpdateDialogueTests
{
    private const string Manifest =
        """{"updateId":{"name":"pump-fw","version":"2.0.0"},"compatibility":[{"model":"P7","hwRevision":"1"},{"model":"P8"}],"files":{"f0":{"fileName":"pump.swu","sizeInBytes":1048576,"hashes":{"sha256":"AQI="}}}}""";

    [Fact]
    public void An_order_is_read_as_the_hub_writes_it()
    {
        var order = Read(Component())!;
        Assert.Equal(("12345", false, UpdatePermit.Reboot, false, null), (order.WorkflowId, order.IsCancel, order.Permit, order.IsRollback, order.Problem));
        var file = Assert.Single(order.Manifest!.Files);
        Assert.Equal(("pump-fw", "2.0.0"), (order.Manifest.Name, order.Manifest.Version));
        Assert.Equal([new("P7", "1"), new("P8", null)], order.Manifest.Targets);
        Assert.Equal(("pump.swu", 1048576L, "https://hub:8443/artifacts/1"), (file.FileName, file.Size, file.Url.ToString()));
        Assert.Equal<byte>([1, 2], file.Sha256);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"service":5}""")]
    [InlineData("""{"service":{"workflow":{"action":3}}}""")]
    [InlineData("""{"service":{"workflow":{"action":0,"id":"1"}}}""")]
    [InlineData("""{"service":{"workflow":{"action":"3","id":"1"}}}""")]
    public void Without_a_workflow_there_is_nothing_to_do(string component) => Assert.Null(Read(JsonNode.Parse(component) as JsonObject));

    [Theory]
    [InlineData("updateManifest", "{")]
    [InlineData("updateManifest", "[]")]
    [InlineData("updateManifest", "{}")]
    [InlineData("updateManifest", """{"updateId":{"name":"n","version":"1"},"files":{"f0":{"fileName":"f","sizeInBytes":-1,"hashes":{"sha256":"AQI="}}}}""")]
    [InlineData("updateManifest", """{"updateId":{"name":"n","version":"1"},"files":{"f0":{"fileName":"f","sizeInBytes":1,"hashes":{"sha256":"?"}}}}""")]
    [InlineData("updateManifest", """{"updateId":{"name":"n","version":"1"},"files":{"f1":{"fileName":"f","sizeInBytes":1,"hashes":{"sha256":"AQI="}}}}""")]
    [InlineData("updateManifest", null)]
    public void A_manifest_that_cannot_be_used_is_a_problem_with_a_reason(string member, string? value)
    {
        var component = Component();
        component["service"]![member] = value;
        var order = Read(component)!;
        Assert.Null(order.Manifest);
        Assert.NotEmpty(order.Problem!);
    }

    [Fact]
    public void A_manifest_must_be_signed_by_the_key_that_the_device_trusts()
    {
        using var signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = new ManifestKey(signer.ExportSubjectPublicKeyInfoPem());
        Assert.True(key.Signed(Manifest, Sign(signer, Manifest)));
        Assert.False(key.Signed(Manifest + " ", Sign(signer, Manifest)));
        Assert.False(key.Signed(Manifest, Sign(stranger, Manifest)));
        Assert.False(key.Signed(Manifest, null));
        Assert.False(key.Signed(Manifest, "a.b"));
        Assert.False(key.Signed(Manifest, "!.!.!"));
        Assert.NotNull(new UpdateOrderReader(key).Read(Component())!.Problem);
    }

    [Fact]
    public void A_report_is_a_patch_that_takes_back_what_no_longer_holds()
    {
        var reports = new DiligentDevice(Orders.Device()).On(Orders.Desire(Orders.Process("7"))).Reports.ToList();
        Assert.Equal(
            """{"deviceUpdate":{"__t":"c","agent":{"state":6,"workflow":{"action":3,"id":"7"},"step":"downloading","percent":0,"cancel":null,"lastInstallResult":null}}}""",
            reports[1].ToJson().ToJsonString());
        var last = reports[^1].ToJson();
        var agent = last["deviceUpdate"]!["agent"]!;
        Assert.Equal("2.0.0", (string?)last["deviceInformation"]!["swVersion"]);
        Assert.Equal("""{"name":"pump-fw","version":"2.0.0"}""", (string?)agent["installedUpdateId"]);
        Assert.Equal("""{"resultCode":700,"extendedResultCodes":"00000000","resultDetails":""}""", agent["lastInstallResult"]!.ToJsonString());
        Assert.Equal((0, null), ((int)agent["state"]!, agent["step"]));
    }

    [Fact]
    public void A_device_remembers_what_it_reported()
    {
        var fresh = Orders.Device();
        Assert.Equal(fresh, AgentMemory.Restore(fresh, JsonElement.Parse("{}"), null));
        Assert.Equal(fresh, AgentMemory.Restore(fresh, JsonElement.Parse("""{"deviceInformation":5,"deviceUpdate":{"agent":[]},"deviceHealth":{"restartCount":"x"}}"""), null));
        var ended = Restore("""{"state":0,"workflow":{"id":"7"},"lastInstallResult":{"resultCode":700},"installedUpdateId":"{\"name\":\"n\",\"version\":\"2.0.0\"}"}""");
        Assert.Equal(("2.0.0", 4, new UpdateId("n", "2.0.0"), false), (ended.Version, ended.RestartCount, ended.Installed, ended.Job!.IsUnderWay));
        Assert.Empty(UpdateAgent.Next(ended, Orders.Desire(Orders.Process("7"))).Actions);
        Assert.Equal(UpdateStep.Rebooting, Restore("""{"state":6,"workflow":{"id":"7"},"step":"installed"}""").Job!.Step);
        Assert.Null(Restore("""{"state":6,"workflow":{"id":"7"},"step":"downloading"}""").Job);
        fresh = Orders.Device(UpdateFault.Unhealthy);
        Assert.True(Restore("""{"state":0,"workflow":{"id":"7"},"lastInstallResult":{"resultCode":700}}""").IsUnhealthy);
        Assert.Null(Restore("""{"state":0,"workflow":{"id":"6"}}""").Job);

        AgentState Restore(string agent) => AgentMemory.Restore(
            fresh,
            JsonElement.Parse($$"""{"deviceInformation":{"swVersion":"2.0.0"},"deviceHealth":{"restartCount":4},"deviceUpdate":{"agent":{{agent}} } }"""),
            Orders.Process("7"));
    }

    [Fact]
    public void Changes_of_the_twin_are_merged_and_old_ones_are_not()
    {
        var desired = new DesiredUpdate();
        var reader = new UpdateOrderReader(null);
        var whole = new JsonObject { ["deviceUpdate"] = Component(), ["$version"] = 4 };
        Assert.False(desired.Patch(JsonElement.Parse("""{"deviceUpdate":{"service":{"workflow":{"permit":"install"}}},"$version":5}""")));
        Assert.False(desired.Replace(JsonElement.Parse(whole.ToJsonString())));
        whole["$version"] = 5;
        Assert.True(desired.Replace(JsonElement.Parse(whole.ToJsonString())));
        Assert.False(desired.Patch(JsonElement.Parse("""{"deviceUpdate":null,"$version":5}""")));
        Assert.False(desired.Patch(JsonElement.Parse("""{"targetFlow":7,"$version":6}""")));
        Assert.True(desired.Patch(JsonElement.Parse("""{"deviceUpdate":{"service":{"workflow":{"permit":"download","retry":null}}},"$version":7}""")));
        Assert.Equal(("12345", UpdatePermit.Download), (desired.Read(reader)!.WorkflowId, desired.Read(reader)!.Permit));
        Assert.True(desired.Patch(JsonElement.Parse("""{"deviceUpdate":null,"$version":8}""")));
        Assert.Null(desired.Read(reader));
    }

    private static UpdateOrder? Read(JsonObject? component) => new UpdateOrderReader(null).Read(component);

    private static JsonObject Component() => JsonNode.Parse(Written().ToJsonString())!.AsObject();

    private static JsonObject Written() => new()
    {
        ["__t"] = "c",
        ["service"] = new JsonObject
        {
            ["workflow"] = new JsonObject { ["action"] = 3, ["id"] = "12345", ["permit"] = "reboot" },
            ["updateManifest"] = Manifest,
            ["fileUrls"] = new JsonObject { ["f0"] = "https://hub:8443/artifacts/1" },
        },
    };

    private static string Sign(ECDsa signer, string manifest)
    {
        var payload = $$"""{"sha256":"{{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(manifest)))}}"}""";
        var signed = $"{Base64Url.EncodeToString("""{"alg":"ES256"}"""u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Base64Url.EncodeToString(signer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }
}
