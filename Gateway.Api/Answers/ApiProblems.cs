using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>The problems of our own API (RFC 9457). Types and titles are stable; details are for people.</summary>
internal static class ApiProblems
{
    internal const string ContentType = "application/problem+json";

    private const string Prefix = "urn:muster:problem:";

    internal static ProblemHttpResult From(Refusal why) => why.HttpStatus switch
    {
        StatusCodes.Status400BadRequest => Problem(why, "invalid-request", "The request was not understood"),
        StatusCodes.Status401Unauthorized => Problem(why, "unauthorized", "The credentials do not allow this"),
        StatusCodes.Status403Forbidden when why.Code == HubErrorCode.NotYourTurn => Problem(why, "not-your-turn", "Somebody else has to do this"),
        StatusCodes.Status403Forbidden => Problem(why, "forbidden", "This may not be done"),
        StatusCodes.Status404NotFound => Problem(why, "not-found", "There is no such resource"),
        StatusCodes.Status409Conflict when why.Code is HubErrorCode.EndpointInUse or HubErrorCode.ReleasePinned => Problem(why, "in-use", "The resource is in use"),
        StatusCodes.Status409Conflict when why.Code == HubErrorCode.PlanChanged => Problem(why, "plan-changed", "The plan is another by now"),
        StatusCodes.Status409Conflict when why.Code is HubErrorCode.RolloutStateInvalid or HubErrorCode.UpdateStateInvalid or HubErrorCode.GateStateInvalid
            or HubErrorCode.ReleaseStatusConflict or HubErrorCode.ReleaseNotReady or HubErrorCode.SigningKeyRevoked =>
            Problem(why, "wrong-status", "The resource is in another status"),
        StatusCodes.Status409Conflict => Problem(why, "conflict", "The resource is already there"),
        StatusCodes.Status412PreconditionFailed => Problem(why, "precondition-failed", "The resource has changed meanwhile"),
        StatusCodes.Status413PayloadTooLarge => Problem(why, "too-large", "The body is too large"),
        StatusCodes.Status429TooManyRequests => Problem(why, "throttled", "Too many requests at once"),
        StatusCodes.Status503ServiceUnavailable => Problem(why, "unavailable", "The cluster cannot answer now"),
        StatusCodes.Status504GatewayTimeout => Problem(why, "timeout", "The answer did not come in time"),
        _ => Problem(why, "internal", "The request failed"),
    };

    private static ProblemHttpResult Problem(Refusal why, string type, string title) =>
        TypedResults.Problem(why.Message, statusCode: why.HttpStatus, title: title, type: Prefix + type, extensions: Extensions(why));

    /// <summary>Every wrong field by its path, in the form that ASP.NET's own validation has.</summary>
    private static Dictionary<string, object?>? Extensions(Refusal why) => why.Errors is not { } errors
        ? null
        : new()
        {
            ["errors"] = errors.OrderBy(static error => error.Key, StringComparer.Ordinal).ToDictionary(static error => error.Key, static error => new[] { error.Value }),
        };
}
