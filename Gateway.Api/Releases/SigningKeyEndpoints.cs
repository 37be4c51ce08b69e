using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Releases;

/// <summary><c>/api/v1/signing-keys</c>: who may sign artifacts.</summary>
internal static class SigningKeyEndpoints
{
    internal static void MapSigningKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/signing-keys").WithTags("Releases");
        group.MapGet("", ListSigningKeys).WithName(nameof(ListSigningKeys)).WithSummary("List the signing keys, the revoked ones too")
            .Requires(AccessRights.ServiceConnect).Answers<SigningKeyResponse[]>("All of them, by id; at most 50 that were not revoked.");
        group.MapGet("/{id}", GetSigningKey).WithName(nameof(GetSigningKey)).WithSummary("Read a signing key")
            .Requires(AccessRights.ServiceConnect).Answers<SigningKeyResponse>("The key.").MayRefuse(HubErrorCode.SigningKeyNotFound);
        group.MapPut("/{id}", PutSigningKey).WithName(nameof(PutSigningKey)).WithSummary("Register a signing key")
            .WithDescription("pem is an ECDSA P-256 PUBLIC KEY, or the CERTIFICATE of a CMS signer. A key never changes: another one takes another id. "
                + "One that was revoked is not registered again, under whatever id.")
            .Requires(AccessRights.RegistryWrite).Takes<SigningKeyRequest>().Example(ReleaseExamples.SigningKey)
            .Answers<SigningKeyResponse>("The key was registered already.").Answers<SigningKeyResponse>("The key, which is new.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.SigningKeyExists, HubErrorCode.SigningKeyRevoked, HubErrorCode.TooManySigningKeys);
        group.MapPost("/{id}/revoke", RevokeSigningKey).WithName(nameof(RevokeSigningKey)).WithSummary("Take nothing any more that this key signed; for good")
            .WithDescription("Releases that were published before stay: withdraw those that are not to be trusted.")
            .Requires(AccessRights.RegistryWrite).Answers<SigningKeyResponse>("The key, which is revoked.").MayRefuse(HubErrorCode.SigningKeyNotFound);
        group.MapDelete("/{id}", DeleteSigningKey).WithName(nameof(DeleteSigningKey)).WithSummary("Delete a signing key")
            .WithDescription("Not one that was revoked: it stays, so that it is not registered again.")
            .Requires(AccessRights.RegistryWrite).AnswersNothing("It is gone.").MayRefuse(HubErrorCode.SigningKeyNotFound, HubErrorCode.SigningKeyRevoked);
    }

    private static async Task<JsonAnswer<SigningKeyResponse[]>> ListSigningKeys(IGrainFactory grains) =>
        HubJson.Ok([.. (await grains.SigningKeys().ListAsync()).Select(SigningKeyResponse.From)], ReleaseJson.Default.SigningKeyResponseArray);

    private static async Task<IResult> GetSigningKey(string id, IGrainFactory grains) => await grains.SigningKeys().GetAsync(id) is { } key
        ? HubJson.Ok(SigningKeyResponse.From(key), ReleaseJson.Default.SigningKeyResponse)
        : ApiProblems.From(new Refusal(HubErrorCode.SigningKeyNotFound, $"There is no signing key {id}."));

    private static async Task<IResult> PutSigningKey(string id, RequestBody<SigningKeyRequest> body, IGrainFactory grains) =>
        Answer(await grains.SigningKeys().RegisterAsync(id, body.Value.Pem!));

    private static async Task<IResult> RevokeSigningKey(string id, IGrainFactory grains) => Answer(await grains.SigningKeys().RevokeAsync(id));

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteSigningKey(string id, IGrainFactory grains) =>
        await grains.SigningKeys().DeleteAsync(id) is { } why ? ApiProblems.From(why) : TypedResults.NoContent();

    private static IResult Answer(SigningKeyReply reply) => reply switch
    {
        SigningKeyReply.Found found => new JsonAnswer<SigningKeyResponse>(SigningKeyResponse.From(found.Key), ReleaseJson.Default.SigningKeyResponse, etag: null)
        {
            StatusCode = found.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK,
        },
        SigningKeyReply.Refused refused => ApiProblems.From(refused.Why),
        _ => throw new NotSupportedException($"Unknown reply {reply}."),
    };
}
