using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Muster.Calls;
using Muster.Errors;

namespace Muster.Releases;

/// <summary><c>/artifacts/{sha256}/{name}</c>: a file of a release that may be offered, to whoever has a link.</summary>
internal static class ArtifactDownloadRoutes
{
    private const int Sha256Length = 64;

    internal static void MapArtifactDownloads(this IEndpointRouteBuilder artifacts) =>
        artifacts.MapMethods("/{sha256:length(64)}/{name}", [HttpMethods.Get, HttpMethods.Head], GetAsync).WithMetadata(new ServedInPlain());

    private static async Task<IResult> GetAsync(string sha256, string name, HttpContext http, ArtifactLinks links, ArtifactDownloads downloads)
    {
        var verdict = links.Verify(sha256, name, http.Request.Query, out var grant);
        return verdict == LinkVerdict.Valid && sha256.Length == Sha256Length && ReleaseIds.IsValid(grant.ReleaseId)
            ? await downloads.AnswerAsync(grant, http)
            : new ArtifactProblem(ArtifactProblem.Link(verdict));
    }
}

/// <summary>Finds what a link names, as long as devices may have it, within what one silo serves at once.</summary>
internal sealed class ArtifactDownloads(
    ArtifactCatalog catalog, ArtifactDownload download, IGrainFactory grains, GrainCalls calls, IOptions<ReleaseOptions> options)
{
    private int running;

    internal async Task<IResult> AnswerAsync(DownloadGrant grant, HttpContext http)
    {
        var slot = new DownloadSlot(() => Interlocked.Decrement(ref running));
        if (Interlocked.Increment(ref running) > options.Value.MaxDownloads)
        {
            slot.Dispose();
            return new ArtifactProblem(ArtifactProblem.Busy("downloads"));
        }

        try
        {
            return await FindAsync(grant, slot, http);
        }
        catch (ArtifactDamagedException damage)
        {
            slot.Dispose();
            await catalog.WithdrawAsync(damage);
            return new ArtifactProblem(new Refusal(HubErrorCode.ReleaseWithdrawn, damage.Message));
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    private async Task<IResult> FindAsync(DownloadGrant grant, DownloadSlot slot, HttpContext http)
    {
        var release = await calls.CallAsync(
            "", Repeat.Always, () => grains.GetGrain<IReleaseGrain>(grant.ReleaseId).GetManifestAsync(), http.RequestAborted);
        var artifact = release?.Artifacts.FirstOrDefault(artifact => artifact.Sha256 == grant.Sha256 && artifact.Name == grant.FileName);
        if (artifact is null || release is not { MayBeDownloaded: true } || await catalog.OpenAsync(artifact, http.RequestAborted) is not { } open)
        {
            slot.Dispose();
            return new ArtifactProblem(release?.Status == ReleaseStatus.Withdrawn
                ? new Refusal(HubErrorCode.ReleaseWithdrawn, $"The release {release.Id} was withdrawn.")
                : ArtifactProblem.NoArtifact);
        }

        return new ArtifactAnswer(download, open, grant, slot);
    }
}

/// <summary>One download's place among those of the silo.</summary>
internal sealed class DownloadSlot(Action release) : IDisposable
{
    private Action? held = release;

    /// <summary>Idempotent.</summary>
    public void Dispose() => Interlocked.Exchange(ref held, null)?.Invoke();
}
