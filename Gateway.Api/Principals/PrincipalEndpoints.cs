using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Access;

/// <summary><c>/api/v1/principals</c>: who acts under a name of their own.</summary>
internal static class PrincipalEndpoints
{
    private const int MaxPrincipals = 1000;
    private const string Owner = "For a policy with every right, as iothubowner has.";

    internal static void MapPrincipals(this IEndpointRouteBuilder routes)
    {
        var principals = routes.MapGroup("/api/v1/principals").WithTags("Principals");
        principals.MapPost("", CreatePrincipal).WithName(nameof(CreatePrincipal)).WithSummary("Make a principal and its token, which is told this once")
            .WithDescription($"There are at most {MaxPrincipals} principals. Nothing can be changed: delete it and make it again. {Owner}")
            .RequiresOwner().Takes<PrincipalRequest>().Example(PrincipalRequest.Example)
            .Answers<NewPrincipalResponse>("The principal, with its token.", StatusCodes.Status201Created)
            .MayRefuse(HubErrorCode.TooManyPrincipals, HubErrorCode.PrincipalAlreadyExists);
        principals.MapGet("", ListPrincipals).WithName(nameof(ListPrincipals)).WithSummary("List the principals").WithDescription(Owner)
            .RequiresOwner().Answers<PrincipalResponse[]>("All principals by name, those that expired too.");
        principals.MapGet("/me", GetMyself).WithName(nameof(GetMyself)).WithSummary("Say who the token stands for")
            .RequiresPrincipal().Answers<ActorResponse>("The principal who asks.");
        principals.MapDelete("/{name}", DeletePrincipal).WithName(nameof(DeletePrincipal)).WithSummary("Delete a principal; its token holds for a minute at most")
            .WithDescription(Owner).RequiresOwner().AnswersNothing("It is gone, durably.").MayRefuse(HubErrorCode.PrincipalNotFound);
    }

    private static async Task<IResult> CreatePrincipal(RequestBody<PrincipalRequest> body, HttpResponse response, IGrainFactory grains)
    {
        switch (await grains.Principals().CreateAsync(body.Value.ToSpec()))
        {
            case PrincipalReply.Created({ } made, var token):
                response.Headers.CacheControl = "no-store";
                return new JsonAnswer<NewPrincipalResponse>(
                    new(made.Name, made.Roles, made.CreatedAt, made.ExpiresAt, token), PrincipalJson.Default.NewPrincipalResponse, etag: null)
                {
                    StatusCode = StatusCodes.Status201Created,
                };
            case PrincipalReply.Refused refused:
                return ApiProblems.From(refused.Why);
            case var other:
                throw new NotSupportedException($"Unknown reply {other.GetType()}.");
        }
    }

    private static async Task<JsonAnswer<PrincipalResponse[]>> ListPrincipals(IGrainFactory grains) =>
        HubJson.Ok([.. (await grains.Principals().ListAsync()).Select(PrincipalResponse.From)], PrincipalJson.Default.PrincipalResponseArray);

    private static JsonAnswer<ActorResponse> GetMyself(Actor actor) => HubJson.Ok(new ActorResponse(actor.Name, actor.Roles), PrincipalJson.Default.ActorResponse);

    private static async Task<Results<NoContent, ProblemHttpResult>> DeletePrincipal(string name, IGrainFactory grains) =>
        await grains.Principals().DeleteAsync(name) is { } why ? ApiProblems.From(why) : TypedResults.NoContent();
}
