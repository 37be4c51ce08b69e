using System.Security;
using Microsoft.AspNetCore.Http;

namespace Muster.Files;

/// <summary>A refusal in Azure Blob Storage's form (Status and error codes): its code in <c>x-ms-error-code</c>, and XML.</summary>
internal sealed class BlobError(int status, string code, string message) : IResult, IStatusCodeHttpResult
{
    private const int RetrySeconds = 30;

    internal static BlobError NotFound { get; } = new(StatusCodes.Status404NotFound, "BlobNotFound", "There is no such blob.");

    internal static BlobError BadRange { get; } = new(StatusCodes.Status416RangeNotSatisfiable, "InvalidRange", "The blob does not have that range.");

    internal static BlobError TooLarge { get; } = new(StatusCodes.Status413PayloadTooLarge, "RequestBodyTooLarge", "The body is larger than it may be.");

    internal static BlobError Unavailable { get; } = new(StatusCodes.Status503ServiceUnavailable, "ServerBusy", "The store cannot take this now. Try again.");

    internal string Code => code;

    public int? StatusCode => status;

    internal static BlobError Unauthorized(string message) => new(StatusCodes.Status403Forbidden, "AuthenticationFailed", message);

    internal static BlobError Invalid(string code, string message) => new(StatusCodes.Status400BadRequest, code, message);

    internal static BlobError From(BlobFault fault) => fault switch
    {
        BlobFault.TooLarge => TooLarge,
        BlobFault.TooManyBlocks => new(StatusCodes.Status409Conflict, "BlockCountExceedsLimit", $"A blob has at most {BlobLimits.MaxBlocks} blocks."),
        BlobFault.UnknownBlock => Invalid("InvalidBlockList", "The list names a block that was not uploaded."),
        BlobFault.EmptyBlock => Invalid("InvalidHeaderValue", "A block has at least one byte."),
        _ => Unavailable,
    };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.Headers["x-ms-error-code"] = code;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetrySeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        response.ContentType = "application/xml";
        return response.WriteAsync(
            $"""<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{SecurityElement.Escape(message)}</Message></Error>""",
            httpContext.RequestAborted);
    }
}
