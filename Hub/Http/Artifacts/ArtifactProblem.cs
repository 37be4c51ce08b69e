using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>A refusal as problem details (RFC 9457), as under <c>/api/v1</c>.</summary>
internal sealed class ArtifactProblem(Refusal why) : IResult, IStatusCodeHttpResult
{
    private const string RetrySeconds = "30";

    internal static Refusal Unavailable { get; } = new(HubErrorCode.ServiceUnavailable, "The store of artifacts cannot take this now. Try again.");

    internal static Refusal Busy(string what) => new(HubErrorCode.ServiceUnavailable, $"This silo has as many {what} as it takes at once. Try again.");

    internal static Refusal NoArtifact { get; } = new(HubErrorCode.ArtifactNotFound, "There is no such artifact.");

    internal static Refusal Link(LinkVerdict verdict) => new(
        HubErrorCode.LinkNotValid, verdict == LinkVerdict.Expired ? "The link's time is over." : "The link's signature does not hold for this.");

    public int? StatusCode => why.HttpStatus;

    internal Refusal Why => why;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (why.HttpStatus == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = RetrySeconds;
        }

        return Problem().ExecuteAsync(httpContext);
    }

    private ProblemHttpResult Problem()
    {
        var (type, title) = why.HttpStatus switch
        {
            StatusCodes.Status400BadRequest => ("invalid-request", "The request was not understood"),
            StatusCodes.Status403Forbidden => ("forbidden", "This may not be done"),
            StatusCodes.Status404NotFound => ("not-found", "There is no such resource"),
            StatusCodes.Status409Conflict => ("conflict", "The resource is in another state"),
            StatusCodes.Status410Gone => ("gone", "The resource was withdrawn"),
            StatusCodes.Status413PayloadTooLarge => ("too-large", "The body is too large"),
            StatusCodes.Status416RangeNotSatisfiable => ("invalid-range", "The resource does not have that range"),
            _ => ("unavailable", "The cluster cannot answer now"),
        };
        return TypedResults.Problem(why.Message, statusCode: why.HttpStatus, title: title, type: $"urn:muster:problem:{type}");
    }
}
