using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Muster.Mender;

/// <summary>A refusal in Mender's form.</summary>
internal sealed class MenderError(int status, string message) : IResult, IStatusCodeHttpResult
{
    private const string RetryAfterSeconds = "5";

    public int? StatusCode => status;

    internal static MenderError Unauthorized { get; } = new(StatusCodes.Status401Unauthorized, "The token does not hold.");

    internal static MenderError Pending { get; } = new(StatusCodes.Status401Unauthorized, "dev auth: unauthorized");

    internal static MenderError Unavailable { get; } = new(StatusCodes.Status503ServiceUnavailable, "The hub is starting or stopping. Try again.");

    internal static MenderError NoSuchDeployment { get; } = new(StatusCodes.Status404NotFound, "The device has no such deployment.");

    internal static MenderError Aborted { get; } = new(StatusCodes.Status409Conflict, "The deployment was aborted.");

    internal static MenderError TooLarge { get; } = new(StatusCodes.Status413PayloadTooLarge, "The body is too large.");

    internal static MenderError Invalid(string message) => new(StatusCodes.Status400BadRequest, message);

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
        json.WriteString("error", message);
        json.WriteString("request_id", httpContext.TraceIdentifier);
        json.WriteEndObject();
    }
}
