using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Releases;

/// <summary><c>/api/v1/releases</c>: what devices are to run, from draft to withdrawn.</summary>
internal static class ReleaseEndpoints
{
    private const int DefaultMax = 50;
    private const int LargestMax = 100;

    internal static void MapReleases(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/releases").WithTags("Releases");
        group.MapGet("", ListReleases).WithName(nameof(ListReleases)).WithSummary("List the releases")
            .Requires(AccessRights.ServiceConnect).TakesQuery("after", "The next of the page before.", typeof(string))
            .TakesQuery("max", "How many at most, 1 to 100. Default 50.", typeof(int)).Answers<ReleasePageResponse>("Some of them, by id.");
        group.MapPost("", CreateRelease).WithName(nameof(CreateRelease)).WithSummary("Make a release, as a draft")
            .WithDescription("Its id is name@version; one that was published before and deleted cannot be used again. There are at most 1500 releases.")
            .Requires(AccessRights.RegistryWrite).Takes<ReleaseRequest>().Example(ReleaseExamples.Release)
            .Answers<ReleaseResponse>("The release.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.ReleaseAlreadyExists, HubErrorCode.TooManyReleases);
        group.MapGet("/manifest-key", GetManifestKey).WithName(nameof(GetManifestKey)).WithSummary("Read the public key that signs manifests for devices, in PEM")
            .Requires(AccessRights.ServiceConnect).Answers<string>("ECDSA on P-256, SPKI.", contentType: ManifestKeyType);
        group.MapGet("/{id}", GetRelease).WithName(nameof(GetRelease)).WithSummary("Read a release")
            .Requires(AccessRights.ServiceConnect).Answers<ReleaseResponse>("The release.").MayRefuse(HubErrorCode.ReleaseNotFound);
        group.MapPatch("/{id}", ChangeRelease).WithName(nameof(ChangeRelease)).WithSummary("Change what a draft says")
            .WithDescription("What is not there stays; compatibility is replaced whole.")
            .Changes().Takes<ReleaseChangeRequest>().Example(ReleaseExamples.Change).Answers<ReleaseResponse>("The release as it is now.");
        group.MapDelete("/{id}", DeleteRelease).WithName(nameof(DeleteRelease)).WithSummary("Delete a release and its artifacts")
            .WithDescription("Not while a rollout is at it, or it is golden. Its id cannot be used again, unless it never was published.")
            .Changes().AnswersNothing("It is gone.").MayRefuse(HubErrorCode.ReleasePinned);
        group.MapPost("/{id}/publish", PublishRelease).WithName(nameof(PublishRelease)).WithSummary("Publish a draft, which does not change any more")
            .WithDescription("It needs an artifact, and each a signature by a registered key that was not revoked. What devices get of it, each model with each hardware revision and "
                + "every file, has at most 4096 bytes: that is what a twin takes.")
            .Changes().Answers<ReleaseResponse>("The release, which is published.").MayRefuse(HubErrorCode.ReleaseNotReady, HubErrorCode.SignatureInvalid);
        group.MapPost("/{id}/deprecate", DeprecateRelease).WithName(nameof(DeprecateRelease)).WithSummary("Say that a published release should not be rolled out anew")
            .Changes().Answers<ReleaseResponse>("The release, which is deprecated.");
        group.MapPost("/{id}/withdraw", WithdrawRelease).WithName(nameof(WithdrawRelease)).WithSummary("Withdraw a release: nobody is offered it, and nobody downloads it any more")
            .Changes().Takes<WithdrawRequest>().Example(ReleaseExamples.Withdrawal).Answers<ReleaseResponse>("The release, which is withdrawn.");
    }

    private const string ManifestKeyType = "application/x-pem-file";

    internal static RouteHandlerBuilder Changes(this RouteHandlerBuilder route) => route.Requires(AccessRights.RegistryWrite).TakesIfMatch()
        .MayRefuse(HubErrorCode.ReleaseNotFound, HubErrorCode.ReleaseStatusConflict, HubErrorCode.PreconditionFailed);

    private static async Task<IResult> ListReleases(HttpRequest request, IGrainFactory grains)
    {
        var max = QueryNumber.Read("max", request.Query["max"], DefaultMax, 1, LargestMax);
        if (max.Why is { } why)
        {
            return ApiProblems.From(why);
        }

        var after = request.Query["after"].ToString();
        var page = await grains.ReleaseIndex().ListAsync(after.Length == 0 ? null : after, (int)max.Value);
        var found = await Task.WhenAll(page.Ids.Select(id => grains.Release(id).GetAsync()));
        return HubJson.Ok(
            new ReleasePageResponse([.. found.OfType<ReleaseView>().Select(ReleaseResponse.From)], page.Next), ReleaseJson.Default.ReleasePageResponse);
    }

    private static async Task<IResult> CreateRelease(RequestBody<ReleaseRequest> body, IGrainFactory grains)
    {
        var spec = body.Value.ToSpec();
        return Answer(await grains.Release(ReleaseIds.Of(spec.Name, spec.Version)).CreateAsync(spec), StatusCodes.Status201Created);
    }

    private static async Task<ContentHttpResult> GetManifestKey(IGrainFactory grains) =>
        TypedResults.Content(await grains.ManifestKey().GetPublicKeyAsync() + "\n", ManifestKeyType);

    private static async Task<IResult> GetRelease(string id, IGrainFactory grains) =>
        ReleaseIds.IsValid(id) && await grains.Release(id).GetAsync() is { } release ? Answer(new ReleaseReply.Accepted(release)) : NotFound(id);

    private static Task<IResult> ChangeRelease(string id, RequestBody<ReleaseChangeRequest> body, HttpRequest request, IGrainFactory grains) =>
        OnAsync(id, grains, release => release.ChangeAsync(body.Value.ToChange(), ETags.IfMatch(request)));

    private static async Task<IResult> DeleteRelease(string id, HttpRequest request, IGrainFactory grains) =>
        !ReleaseIds.IsValid(id) ? NotFound(id)
        : await grains.Release(id).DeleteAsync(ETags.IfMatch(request)) is { } why ? ApiProblems.From(why) : TypedResults.NoContent();

    private static Task<IResult> PublishRelease(string id, HttpRequest request, IGrainFactory grains) =>
        OnAsync(id, grains, release => release.PublishAsync(ETags.IfMatch(request)));

    private static Task<IResult> DeprecateRelease(string id, HttpRequest request, IGrainFactory grains) =>
        OnAsync(id, grains, release => release.DeprecateAsync(ETags.IfMatch(request)));

    private static Task<IResult> WithdrawRelease(string id, RequestBody<WithdrawRequest> body, HttpRequest request, IGrainFactory grains) =>
        OnAsync(id, grains, release => release.WithdrawAsync(body.Value.Reason!, ETags.IfMatch(request)));

    /// <summary>No grain is asked about an id that no release can have.</summary>
    internal static async Task<IResult> OnAsync(string id, IGrainFactory grains, Func<IReleaseGrain, Task<ReleaseReply>> call) =>
        ReleaseIds.IsValid(id) ? Answer(await call(grains.Release(id))) : NotFound(id);

    internal static ProblemHttpResult NotFound(string id) => ApiProblems.From(new Refusal(HubErrorCode.ReleaseNotFound, $"There is no release {id}."));

    private static IResult Answer(ReleaseReply reply, int status = StatusCodes.Status200OK) => reply switch
    {
        ReleaseReply.Accepted { Release: var release } =>
            new JsonAnswer<ReleaseResponse>(ReleaseResponse.From(release), ReleaseJson.Default.ReleaseResponse, release.ETag) { StatusCode = status },
        ReleaseReply.Refused refused => ApiProblems.From(refused.Why),
        _ => throw new NotSupportedException($"Unknown reply {reply}."),
    };
}
