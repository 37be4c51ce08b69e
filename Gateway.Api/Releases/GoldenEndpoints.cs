using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Releases;

/// <summary><c>/api/v1/models/{model}/golden</c>: what devices of a model fall back to when nothing else is left.</summary>
internal static class GoldenEndpoints
{
    private const int MaxModel = 128;

    internal static void MapGoldenReleases(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/models/{model}/golden").WithTags("Releases");
        group.MapGet("", GetGoldenRelease).WithName(nameof(GetGoldenRelease)).WithSummary("Read a model's golden release")
            .Requires(AccessRights.ServiceConnect).Answers<GoldenResponse>("The release.").MayRefuse(HubErrorCode.GoldenReleaseNotFound);
        group.MapPut("", PutGoldenRelease).WithName(nameof(PutGoldenRelease)).WithSummary("Make a published release a model's golden one")
            .WithDescription("A golden release cannot be deleted.")
            .Requires(AccessRights.RegistryWrite).Takes<GoldenRequest>().Example(ReleaseExamples.Golden).TakesIfMatch()
            .Answers<GoldenResponse>("The release, which is golden.")
            .MayRefuse(HubErrorCode.ReleaseNotFound, HubErrorCode.ReleaseStatusConflict, HubErrorCode.PreconditionFailed);
    }

    private static async Task<IResult> GetGoldenRelease(string model, IGrainFactory grains) =>
        IsModel(model) && await grains.GoldenRelease(model).GetAsync() is { } golden
            ? Answer(model, golden)
            : ApiProblems.From(new Refusal(HubErrorCode.GoldenReleaseNotFound, $"The model {model} has no golden release."));

    private static async Task<IResult> PutGoldenRelease(string model, RequestBody<GoldenRequest> body, HttpRequest request, IGrainFactory grains) =>
        !IsModel(model) ? ApiProblems.From(new Refusal(HubErrorCode.ArgumentInvalid, $"A model has 1 to {MaxModel} characters, none of them a control character."))
        : await grains.GoldenRelease(model).SetAsync(body.Value.ReleaseId!, ETags.IfMatch(request)) switch
        {
            GoldenReply.Accepted accepted => Answer(model, accepted.Golden),
            GoldenReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private static bool IsModel(string model) => model.Length is > 0 and <= MaxModel && !model.Any(static c => char.IsControl(c) || char.IsSurrogate(c));

    private static JsonAnswer<GoldenResponse> Answer(string model, GoldenRelease golden) =>
        HubJson.Ok(new GoldenResponse(model, golden.ReleaseId, golden.SetAt, golden.ETag), ReleaseJson.Default.GoldenResponse, golden.ETag);
}
