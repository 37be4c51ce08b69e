using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Muster.Ddi;

/// <summary>A refusal in hawkBit's form.</summary>
internal sealed class DdiError(int status, string code, string message) : IResult, IStatusCodeHttpResult
{
    private const string Prefix = "hawkbit.server.error.";
    private const string RetryAfterSeconds = "5";

    public int? StatusCode => status;

    internal static DdiError Unauthorized { get; } = new(StatusCodes.Status401Unauthorized, "authentication", "The credentials do not open this controller.");

    internal static DdiError Unavailable { get; } = new(StatusCodes.Status503ServiceUnavailable, "unavailable", "The hub is starting or stopping. Try again.");

    internal static DdiError NoSuchAction { get; } = new(StatusCodes.Status404NotFound, "repo.entityNotFound", "The controller has no such action.");

    internal static DdiError TooLarge { get; } = new(StatusCodes.Status413PayloadTooLarge, "rest.body.tooLarge", $"A body may have {DdiRoutes.MaxBodyBytes} bytes.");

    internal static DdiError Invalid(string message) => new(StatusCodes.Status400BadRequest, "rest.body.notReadable", message);

    internal static DdiError TooManyAttributes { get; } =
        new(StatusCodes.Status429TooManyRequests, "quota.tooManyEntries", $"A controller may have {DdiAttributes.MaxCount} attributes.");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers[HeaderNames.RetryAfter] = RetryAfterSeconds;
        }

        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("errorCode", Prefix + code);
        json.WriteString("message", message);
        json.WriteEndObject();
    }
}
