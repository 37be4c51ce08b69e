using Microsoft.Extensions.DependencyInjection;
using Muster.Releases;

namespace Muster.Benchmarks.Server;

/// <summary>A release that benchmark devices download.</summary>
internal sealed partial class BenchSilo
{
    /// <summary>Publishes a release of one artifact, uploaded by HTTPS, and returns a link to download it by. Signatures must not be asked for.</summary>
    internal async Task<string> PublishAsync(string file)
    {
        var release = Grains.GetGrain<IReleaseGrain>("bench@1");
        await release.CreateAsync(new ReleaseSpec { Name = "bench", Version = "1", Compatibility = new ReleaseCompatibility { Models = ["bench"] } });
        if (await release.BeginUploadAsync(new ArtifactSpec { Name = Path.GetFileName(file) }) is not ArtifactUploadReply.Begun begun)
        {
            throw new InvalidOperationException("The upload did not begin.");
        }

        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(handler);
        await using var content = File.OpenRead(file);
        using var body = new StreamContent(content);
        using var answer = await http.PutAsync(begun.Link.Url, body);
        answer.EnsureSuccessStatusCode();
        await release.PublishAsync(ifMatch: null);
        var artifact = (await release.GetManifestAsync())!.Artifacts.Single();
        return app.Services.GetRequiredService<IArtifactLinks>().Make(artifact, "bench", TimeProvider.System.GetUtcNow().AddHours(1)).Https;
    }
}
