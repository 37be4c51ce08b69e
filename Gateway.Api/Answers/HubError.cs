using System.Globalization;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>A refusal in IoT Hub's form: status and body by its number, the name in <c>iothub-errorcode</c>.</summary>
internal sealed class HubError(Refusal why) : IResult, IStatusCodeHttpResult
{
    // Where nobody knows better.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    internal Refusal Why => why;

    /// <summary>For a direct method that got no answer: how long was waited. Null elsewhere.</summary>
    internal TimeSpan? MethodWait { get; init; }

    public int? StatusCode => why.HttpStatus;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = why.HttpStatus;
        response.ContentType = HubJson.ContentType;
        response.Headers["iothub-errorcode"] = why.Code.ToString();
        AskToWait(response, why);

        var now = httpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        return JsonSerializer.SerializeAsync(response.BodyWriter, Body(now), ApiJson.Default.HubErrorBody, httpContext.RequestAborted);
    }

    /// <summary>Says after 429 and 503 in how many seconds to come back.</summary>
    internal static void AskToWait(HttpResponse response, Refusal why)
    {
        if (why.HttpStatus is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            var seconds = Math.Max(1, Math.Ceiling((why.RetryAfter ?? RetryAfter).TotalSeconds));
            response.Headers[HeaderNames.RetryAfter] = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }

    private HubErrorBody Body(DateTimeOffset now)
    {
        var tracking = $"{Guid.NewGuid():N}-G:0-TimeStamp:{now.ToString("MM/dd/yyyy HH:mm:ss", CultureInfo.InvariantCulture)}";
        return MethodWait is { } wait
            ? new HubErrorBody { Message = Detail(tracking, wait, now), ExceptionMessage = "" }
            : new HubErrorBody { Message = $"ErrorCode:{why.Code};{why.Message.Replace(';', ',')}", ExceptionMessage = $"Tracking ID:{tracking}" };
    }

    private string Detail(string tracking, TimeSpan wait, DateTimeOffset now)
    {
        var detail = new MethodErrorDetail
        {
            ErrorCode = (int)why.Code,
            TrackingId = tracking,
            Message = why.Message,
            Info = new MethodErrorInfo(wait.ToString("c", CultureInfo.InvariantCulture)),
            TimestampUtc = HubTime.Text(now),
        };
        return JsonSerializer.Serialize(detail, ApiJson.Default.MethodErrorDetail);
    }
}
