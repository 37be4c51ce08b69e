using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Errors;
using Muster.Gateway;
using Muster.Telemetry;

namespace Muster.CloudToDevice;

/// <summary>What a purge threw away.</summary>
internal sealed record PurgeResponse(
    string DeviceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ModuleId,
    int TotalMessagesPurged);

/// <summary>A message that was queued.</summary>
/// <param name="SequenceNumber">Rises with each message of the device.</param>
internal sealed record SendMessageResponse(long SequenceNumber);

/// <summary>A message to a device.</summary>
internal sealed record MessageRequest : IRequestMessage<MessageRequest>
{
    private const int EnvelopeBytes = 32 * 1024;

    /// <summary>As base64, or as JSON whose text takes as much again.</summary>
    public static int MaxBytes => (2 * CloudMessage.MaxBytes) + EnvelopeBytes;

    /// <summary>At most 128 characters; feedback speaks of it.</summary>
    public string? MessageId { get; init; }

    /// <summary>At most 128 characters.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>At most 128 characters.</summary>
    public string? UserId { get; init; }

    /// <summary>For example <c>application/json</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary>For example <c>utf-8</c>.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>UTC. Default: as long as the hub lets messages live, and never longer than that.</summary>
    public DateTimeOffset? ExpiryTimeUtc { get; init; }

    /// <summary>Feedback: <c>none</c>, <c>positive</c>, <c>negative</c> or <c>full</c>. Default none.</summary>
    public string? Ack { get; init; }

    /// <summary>Application properties; a value may be null.</summary>
    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    /// <summary>A JSON text is sent as the text, other JSON as it stands. Nothing if neither this nor bodyBase64 is given.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Any bytes, in base64, in place of body.</summary>
    public string? BodyBase64 { get; init; }

    public static MessageRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ApiJson.Default.MessageRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) =>
        Level(Ack) is null ? Wrong("ack must be none, positive, negative or full.")
        : BodyBase64 is not null && Body is not null ? Wrong("body and bodyBase64 cannot both be given.")
        : BodyBase64 is not null && !Convert.TryFromBase64String(BodyBase64, new byte[BodyBase64.Length], out _) ? Wrong("bodyBase64 is not base64.")
        : null;

    internal CloudMessage ToMessage(string deviceId) => new()
    {
        MessageId = MessageId,
        CorrelationId = CorrelationId,
        UserId = UserId,
        To = $"/devices/{Uri.EscapeDataString(deviceId)}/messages/devicebound",
        ContentType = ContentType,
        ContentEncoding = ContentEncoding,
        ExpiresAt = ExpiryTimeUtc?.ToUniversalTime(),
        Ack = Level(Ack)!.Value,
        Properties = Properties is { } properties ? [.. properties.Select(property => new EventProperty(property.Key, property.Value))] : [],
        Body = Bytes(),
    };

    private byte[] Bytes() => BodyBase64 is { } base64 ? Convert.FromBase64String(base64)
        : Body is not { } body ? []
        : Encoding.UTF8.GetBytes(body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText());

    private static FeedbackLevel? Level(string? ack) => ack switch
    {
        null or "none" => FeedbackLevel.None,
        "positive" => FeedbackLevel.Positive,
        "negative" => FeedbackLevel.Negative,
        "full" => FeedbackLevel.Full,
        _ => null,
    };

    private static Refusal Wrong(string message) => new(HubErrorCode.ArgumentInvalid, message);
}
