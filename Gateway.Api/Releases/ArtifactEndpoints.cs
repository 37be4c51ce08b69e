using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Releases;

/// <summary><c>/api/v1/releases/{id}/artifacts</c>: the files of a draft. Their bytes go straight to a silo.</summary>
internal static class ArtifactEndpoints
{
    internal static void MapReleaseArtifacts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/releases/{id}/artifacts").WithTags("Releases");
        group.MapPost("", BeginArtifactUpload).WithName(nameof(BeginArtifactUpload)).WithSummary("Get a link to upload an artifact of a draft to")
            .WithDescription("PUT the file to the link, whole or in pieces with Content-Range: bytes a-b/total. 202 says by Range how much came, HEAD asks for it, "
                + "201 says that the artifact belongs to the release. A release has at most 16 artifacts, of 2 GiB at most.")
            .Requires(AccessRights.RegistryWrite).Takes<ArtifactRequest>().Example(ReleaseExamples.Artifact)
            .Answers<ArtifactUploadResponse>("The link, which is good until it expires.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.ReleaseNotFound, HubErrorCode.ReleaseStatusConflict, HubErrorCode.ArtifactAlreadyExists, HubErrorCode.ArtifactTooLarge,
                HubErrorCode.TooManyArtifacts);
        group.MapPut("/{name}/signature", SignArtifact).WithName(nameof(SignArtifact)).WithSummary("Give an artifact of a draft its detached signature")
            .WithDescription("By an ECDSA P-256 key over the SHA-256 of the artifact, base64 of DER or IEEE P1363; or CMS in DER by the signer of a registered certificate.")
            .Changes().Takes<SignatureRequest>().Example(ReleaseExamples.Signature).Answers<ReleaseResponse>("The release as it is now.")
            .MayRefuse(HubErrorCode.ArtifactNotFound, HubErrorCode.SignatureInvalid);
        group.MapDelete("/{name}", RemoveArtifact).WithName(nameof(RemoveArtifact)).WithSummary("Take an artifact out of a draft")
            .Changes().Answers<ReleaseResponse>("The release as it is now.").MayRefuse(HubErrorCode.ArtifactNotFound);
    }

    private static async Task<IResult> BeginArtifactUpload(string id, RequestBody<ArtifactRequest> body, IGrainFactory grains) =>
        !ReleaseIds.IsValid(id) ? ReleaseEndpoints.NotFound(id) : await grains.Release(id).BeginUploadAsync(body.Value.ToSpec()) switch
        {
            ArtifactUploadReply.Begun { Link: var link } =>
                new JsonAnswer<ArtifactUploadResponse>(new ArtifactUploadResponse(link.Url, link.ExpiresAt), ReleaseJson.Default.ArtifactUploadResponse, etag: null)
                {
                    StatusCode = StatusCodes.Status201Created,
                },
            ArtifactUploadReply.Refused refused => ApiProblems.From(refused.Why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };

    private static Task<IResult> SignArtifact(string id, string name, RequestBody<SignatureRequest> body, HttpRequest request, IGrainFactory grains) =>
        ReleaseEndpoints.OnAsync(id, grains, release => release.SignArtifactAsync(name, body.Value.ToSignature(), ETags.IfMatch(request)));

    private static Task<IResult> RemoveArtifact(string id, string name, HttpRequest request, IGrainFactory grains) =>
        ReleaseEndpoints.OnAsync(id, grains, release => release.RemoveArtifactAsync(name, ETags.IfMatch(request)));
}
