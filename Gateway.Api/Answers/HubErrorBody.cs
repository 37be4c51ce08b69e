using System.Text.Json.Serialization;

namespace Muster.Gateway;

/// <summary>The error body of IoT Hub's service API. The SDKs split <see cref="Message"/> at its one semicolon.</summary>
internal sealed record HubErrorBody
{
    /// <summary><c>ErrorCode:NAME;text</c>; on direct methods a JSON text with <c>errorCode</c>, <c>message</c> and <c>info</c>.</summary>
    [JsonPropertyName("Message")]
    public required string Message { get; init; }

    /// <summary>A tracking id to quote to the operator; empty where <see cref="Message"/> carries it.</summary>
    [JsonPropertyName("ExceptionMessage")]
    public required string ExceptionMessage { get; init; }
}

/// <summary>What stands, as JSON text, in the message of a direct method that got no answer.</summary>
internal sealed record MethodErrorDetail
{
    public required int ErrorCode { get; init; }

    public required string TrackingId { get; init; }

    public required string Message { get; init; }

    public MethodErrorInfo? Info { get; init; }

    /// <summary>UTC, the gateway's clock.</summary>
    public required string TimestampUtc { get; init; }
}

/// <param name="Timeout">How long was waited, <c>hh:mm:ss</c>.</param>
internal sealed record MethodErrorInfo(string Timeout);
