using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Muster.Errors;

namespace Muster.Http;

/// <summary>A refusal in IoT Hub's form: status and body by its number, the name in <c>iothub-errorcode</c>.</summary>
internal sealed class DeviceError(Refusal why) : IResult, IStatusCodeHttpResult
{
    // Where nobody knows better.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    internal Refusal Why => why;

    public int? StatusCode => why.HttpStatus;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = why.HttpStatus;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers["iothub-errorcode"] = why.Code.ToString();
        if (why.HttpStatus is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            var seconds = Math.Max(1, Math.Ceiling((why.RetryAfter ?? RetryAfter).TotalSeconds));
            response.Headers[HeaderNames.RetryAfter] = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var now = httpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        return JsonSerializer.SerializeAsync(response.BodyWriter, Body(now), HttpJson.Default.DeviceErrorBody, httpContext.RequestAborted);
    }

    // The SDKs split the message at its one semicolon.
    private DeviceErrorBody Body(DateTimeOffset now) => new(
        $"ErrorCode:{why.Code};{why.Message.Replace(';', ',')}",
        $"Tracking ID:{Guid.NewGuid():N}-G:0-TimeStamp:{now.ToString("MM/dd/yyyy HH:mm:ss", CultureInfo.InvariantCulture)}");
}

/// <summary>The error body of IoT Hub.</summary>
/// <param name="Message"><c>ErrorCode:NAME;text</c>.</param>
/// <param name="ExceptionMessage">A tracking id.</param>
internal sealed record DeviceErrorBody(
    [property: JsonPropertyName("Message")] string Message, [property: JsonPropertyName("ExceptionMessage")] string ExceptionMessage);
