using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Muster.Updates;
using Xunit;

namespace Muster.Releases;

/// <summary>The whole life of releases by REST.</summary>
public sealed class ReleaseApiTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("muster-releases-").FullName;
    private readonly byte[] content = "muster\n"u8.ToArray();
    private ReleaseServer server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ReleaseServer.StartAsync(folder);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_examples_of_the_description_work_one_after_another()
    {
        Assert.Equal(201, (await server.SendAsync("PUT", "/api/v1/signing-keys/firmware-2026", ReleaseExamples.SigningKey)).Status);
        Assert.Equal(200, (await server.SendAsync("PUT", "/api/v1/signing-keys/firmware-2026", ReleaseExamples.SigningKey)).Status);
        var made = await server.SendAsync("POST", "/api/v1/releases", ReleaseExamples.Release);
        Assert.Equal((201, "draft"), (made.Status, made.Json.GetProperty("status").GetString()));
        Assert.Equal(409, (await server.SendAsync("POST", "/api/v1/releases", ReleaseExamples.Release)).Status);
        Assert.Equal(200, (await server.SendAsync("PATCH", "/api/v1/releases/pump-fw@2.0.0", ReleaseExamples.Change)).Status);
        Assert.Equal(409, (await server.SendAsync("POST", "/api/v1/releases/pump-fw@2.0.0/publish")).Status);
        var link = await server.SendAsync("POST", "/api/v1/releases/pump-fw@2.0.0/artifacts", ReleaseExamples.Artifact);
        Assert.Equal(201, (await server.SendAsync("PUT", link.Json.GetProperty("uploadUrl").GetString()!, content)).Status);
        Assert.Equal(409, (await server.SendAsync("POST", "/api/v1/releases/pump-fw@2.0.0/publish")).Status);
        Assert.Equal(200, (await server.SendAsync("PUT", "/api/v1/releases/pump-fw@2.0.0/artifacts/pump.swu/signature", ReleaseExamples.Signature)).Status);

        var published = await server.SendAsync("POST", "/api/v1/releases/pump-fw@2.0.0/publish");
        Assert.Equal((200, "published"), (published.Status, published.Json.GetProperty("status").GetString()));
        var signature = published.Json.GetProperty("artifacts")[0].GetProperty("signature");
        Assert.Equal(("firmware-2026", "ecdsa"), (signature.GetProperty("keyId").GetString(), signature.GetProperty("kind").GetString()));
        Assert.Equal(200, (await server.SendAsync("PUT", "/api/v1/models/P7/golden", ReleaseExamples.Golden)).Status);
        await SignedManifestAsync();
        Assert.Equal(200, (await server.SendAsync("POST", "/api/v1/releases/pump-fw@2.0.0/withdraw", ReleaseExamples.Withdrawal)).Status);
        Assert.Null(await server.Grains.GetGrain<IManifestGrain>("pump-fw@2.0.0").GetSignedAsync());
    }

    [Fact]
    public async Task No_device_is_told_of_a_withdrawn_release_for_long_by_a_silo_that_has_read_it()
    {
        var clock = new FakeTimeProvider();
        var contents = new TwinContents(server.Grains, server.Services, clock);
        var release = new PlannedRelease { Id = await PublishAsync("told", "1"), Name = "told", Version = "1", Artifacts = [] };
        Assert.NotNull(await contents.GetAsync(release, "d1"));
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{release.Id}/withdraw", ReleaseExamples.Withdrawal)).Status);

        clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await contents.GetAsync(release, "d1"));
    }

    private async Task SignedManifestAsync()
    {
        var signed = await server.Grains.GetGrain<IManifestGrain>("pump-fw@2.0.0").GetSignedAsync();
        using var key = ECDsa.Create();
        key.ImportFromPem(await server.Http.GetStringAsync("/api/v1/releases/manifest-key", Cancel));
        var parts = signed!.Signature.Split('.');

        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        Assert.Equal(
            Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(signed.Manifest))),
            JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task A_golden_release_is_published_for_its_model_and_cannot_be_deleted()
    {
        var (first, second) = (await PublishAsync("gold", "1"), await PublishAsync("gold", "2"));
        Assert.Equal(404, (await server.SendAsync("GET", "/api/v1/models/P7/golden")).Status);
        Assert.Equal(400, (await server.SendAsync("PUT", "/api/v1/models/P8/golden", new { releaseId = first })).Status);
        Assert.Equal(404, (await server.SendAsync("PUT", "/api/v1/models/P7/golden", new { releaseId = "other@1" })).Status);
        Assert.Equal(200, (await server.SendAsync("PUT", "/api/v1/models/P7/golden", new { releaseId = first })).Status);
        Assert.Equal(409, (await server.SendAsync("DELETE", $"/api/v1/releases/{first}")).Status);
        Assert.Equal(200, (await server.SendAsync("PUT", "/api/v1/models/P7/golden", new { releaseId = second })).Status);

        Assert.Equal(second, (await server.SendAsync("GET", "/api/v1/models/P7/golden")).Json.GetProperty("releaseId").GetString());
        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{first}")).Status);
        Assert.Equal(409, (await server.SendAsync("DELETE", $"/api/v1/releases/{second}")).Status);
    }

    [Fact]
    public async Task What_a_revoked_key_signed_is_not_published()
    {
        var id = await SignedAsync("revoked", "1");
        Assert.Equal(200, (await server.SendAsync("POST", "/api/v1/signing-keys/revoked-1/revoke")).Status);

        var refused = await server.SendAsync("POST", $"/api/v1/releases/{id}/publish");
        Assert.Equal(400, refused.Status);
        Assert.Contains("was revoked", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_stays_revoked()
    {
        const string Keys = "/api/v1/signing-keys";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var body = new { pem = key.ExportSubjectPublicKeyInfoPem() };
        Assert.Equal(201, (await server.SendAsync("PUT", $"{Keys}/old", body)).Status);
        Assert.Equal(204, (await server.SendAsync("DELETE", $"{Keys}/old")).Status);
        Assert.Equal(201, (await server.SendAsync("PUT", $"{Keys}/stolen", body)).Status);
        Assert.Equal(201, (await server.SendAsync("PUT", $"{Keys}/twin", body)).Status);
        Assert.Equal(200, (await server.SendAsync("POST", $"{Keys}/stolen/revoke")).Status);

        foreach (var (method, id, sent) in ((string, string, object?)[])[("DELETE", "stolen", null), ("PUT", "stolen", body), ("PUT", "other", body), ("PUT", "twin", body)])
        {
            var refused = await server.SendAsync(method, $"{Keys}/{id}", sent);
            Assert.Equal((409, "urn:muster:problem:wrong-status"), (refused.Status, refused.Json.GetProperty("type").GetString()));
            Assert.Contains("signing key stolen", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        var left = (await server.SendAsync("GET", Keys)).Json.EnumerateArray().ToList();
        Assert.Equal(["stolen", "twin"], left.Select(static one => one.GetProperty("id").GetString()!));
        Assert.All(left, static one => Assert.Equal(JsonValueKind.String, one.GetProperty("revokedTime").ValueKind));
        Assert.Equal(200, (await server.SendAsync("POST", $"{Keys}/stolen/revoke")).Status);
    }

    [Fact]
    public async Task What_no_twin_can_be_told_is_not_published_until_it_names_less()
    {
        var id = await SignedAsync("wide", "1");
        string[] names = [.. Enumerable.Range(0, 32).Select(i => $"name-{i}")];
        Assert.Equal(200, (await server.SendAsync("PATCH", $"/api/v1/releases/{id}", new { compatibility = new { models = names, hardwareRevisions = names } })).Status);

        var refused = await server.SendAsync("POST", $"/api/v1/releases/{id}/publish");
        Assert.Equal((409, "urn:muster:problem:wrong-status"), (refused.Status, refused.Json.GetProperty("type").GetString()));
        Assert.Contains("a twin takes 4096", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (await server.SendAsync("PATCH", $"/api/v1/releases/{id}", new { compatibility = new { models = names } })).Status);
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/publish")).Status);
    }

    [Fact]
    public async Task The_list_is_paged_by_id()
    {
        foreach (var version in (string[])["1", "2", "3", "4", "5"])
        {
            await SendNewAsync("paged", version);
        }

        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = (await server.SendAsync("GET", $"/api/v1/releases?max=2{(after is null ? "" : $"&after={Uri.EscapeDataString(after)}")}")).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            after = page.GetProperty("next").GetString();
        }
        while (after is not null);

        Assert.Equal(["paged@1", "paged@2", "paged@3", "paged@4", "paged@5"], seen);
        Assert.Equal(400, (await server.SendAsync("GET", "/api/v1/releases?max=0")).Status);
    }

    [Fact]
    public async Task A_change_holds_only_over_what_its_maker_saw()
    {
        var id = await SendNewAsync("etag", "1");
        var etag = (await server.SendAsync("GET", $"/api/v1/releases/{id}")).Headers.ETag!;
        using var stale = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/releases/{id}");
        Assert.Equal(200, (await server.SendAsync("PATCH", $"/api/v1/releases/{id}", new { description = "other" })).Status);
        stale.Headers.IfMatch.Add(etag);
        using var refused = await server.Http.SendAsync(stale, Cancel);

        Assert.Equal(412, (int)refused.StatusCode);
        Assert.Equal(404, (await server.SendAsync("GET", "/api/v1/releases/no-version")).Status);
        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        Assert.Equal(404, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
    }

    [Fact]
    public async Task What_a_rollout_is_at_is_not_deleted_but_withdrawn()
    {
        var id = await PublishAsync("pinned", "1");
        var release = server.Grains.GetGrain<IReleaseGrain>(id);
        Assert.Null(await release.PinAsync("rollout-1"));
        Assert.Equal(409, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/withdraw", new { reason = "It leaks." })).Status);
        await release.UnpinAsync("rollout-1");
        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_published_once_never_becomes_another_release(bool isWithdrawnFirst)
    {
        var id = await PublishAsync("once", "1");
        if (isWithdrawnFirst)
        {
            Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/withdraw", new { reason = "It leaks." })).Status);
        }

        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        await IsGoneForGoodAsync(id);
        await server.DisposeAsync();
        server = await ReleaseServer.StartAsync(folder);
        await IsGoneForGoodAsync(id);
        await SendNewAsync("once", "2");
    }

    private async Task IsGoneForGoodAsync(string id)
    {
        Assert.Equal(404, (await server.SendAsync("GET", $"/api/v1/releases/{id}")).Status);
        Assert.Equal(404, (await server.SendAsync("POST", $"/api/v1/releases/{id}/publish")).Status);
        Assert.Equal(404, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        Assert.Null(await server.Grains.GetGrain<IReleaseGrain>(id).GetManifestAsync());
        Assert.Equal(0, (await server.SendAsync("GET", "/api/v1/releases")).Json.GetProperty("items").GetArrayLength());
        var taken = await server.SendAsync("POST", "/api/v1/releases", new { name = "once", version = "1", compatibility = new { models = new[] { "P7" } } });
        Assert.Equal((409, "urn:muster:problem:conflict"), (taken.Status, taken.Json.GetProperty("type").GetString()));
        Assert.Contains("was published before and deleted", taken.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_that_was_cut_off_before_the_list_heard_of_it_is_not_listed_and_is_ended_by_the_next_one()
    {
        var id = await PublishAsync("cut", "1");
        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        Assert.Null(await server.Grains.GetGrain<IReleaseCatalogGrain>(0).AddAsync(id));

        Assert.Equal(0, (await server.SendAsync("GET", "/api/v1/releases")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(404, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        Assert.Empty((await server.Grains.GetGrain<IReleaseIndexGrain>(0).ListAsync(null, 10)).Ids);
    }

    [Fact]
    public async Task A_draft_that_was_deleted_may_be_made_again_withdrawn_or_not()
    {
        var id = await SendNewAsync("draft", "1");
        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        await SendNewAsync("draft", "1");
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/withdraw", new { reason = "It was a mistake." })).Status);
        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{id}")).Status);
        await SendNewAsync("draft", "1");
    }

    private async Task<string> SendNewAsync(string name, string version)
    {
        Assert.Equal(201, (await server.SendAsync("POST", "/api/v1/releases", new { name, version, compatibility = new { models = new[] { "P7" } } })).Status);
        return $"{name}@{version}";
    }

    private async Task<string> SignedAsync(string name, string version)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keyId = $"{name}-{version}";
        Assert.Equal(201, (await server.SendAsync("PUT", $"/api/v1/signing-keys/{keyId}", new { pem = key.ExportSubjectPublicKeyInfoPem() })).Status);
        var id = await SendNewAsync(name, version);
        var value = Convert.ToBase64String(key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        var url = await server.BeginAsync(id, new { name = "a.bin", signature = new { value, keyId } });
        Assert.Equal(201, (await server.SendAsync("PUT", url, content)).Status);
        return id;
    }

    private async Task<string> PublishAsync(string name, string version)
    {
        var id = await SignedAsync(name, version);
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/publish")).Status);
        return id;
    }
}
