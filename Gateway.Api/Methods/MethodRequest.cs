using System.Buffers;
using System.Text;
using System.Text.Json;
using Muster.Errors;
using Muster.Gateway;
using Muster.Json;

namespace Muster.Methods;

/// <summary>A direct method call.</summary>
internal sealed record MethodRequest : IRequestMessage<MethodRequest>
{
    private const int EnvelopeBytes = 8 * 1024;
    private const int MaxNameLength = 100;
    private static readonly SearchValues<char> Reserved = SearchValues.Create("/+#$");

    public static int MaxBytes => MethodCall.MaxPayloadBytes + EnvelopeBytes;

    /// <summary>1 to 100 characters, none of <c>/ + # $</c>.</summary>
    public string? MethodName { get; init; }

    /// <summary>5 to 300. Default 30.</summary>
    public int? ResponseTimeoutInSeconds { get; init; }

    /// <summary>How long to wait for a device that is not connected, 0 to 300. Default 0.</summary>
    public int? ConnectTimeoutInSeconds { get; init; }

    /// <summary>Any JSON, at most 128 KB. Default null.</summary>
    public JsonElement? Payload { get; init; }

    public static MethodRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ApiJson.Default.MethodRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) =>
        string.IsNullOrEmpty(MethodName) || MethodName.Length > MaxNameLength || MethodName.AsSpan().ContainsAny(Reserved) || MethodName.Any(char.IsControl)
            ? Wrong($"methodName must have 1 to {MaxNameLength} characters, none of them / + # $ or a control character.")
        : ResponseTimeoutInSeconds is < 5 or > 300 ? Wrong("responseTimeoutInSeconds must be from 5 to 300.")
        : ConnectTimeoutInSeconds is < 0 or > 300 ? Wrong("connectTimeoutInSeconds must be from 0 to 300.")
        : PayloadBytes() > MethodCall.MaxPayloadBytes
            ? new Refusal(HubErrorCode.MessageTooLarge, $"The payload may have at most {MethodCall.MaxPayloadBytes} bytes.")
        : null;

    internal MethodCall ToCall() => new()
    {
        Name = MethodName!,
        Payload = Payload is { } payload ? JsonUtf8.Parse(payload.GetRawText()) : JsonUtf8.Null,
        ResponseTimeout = TimeSpan.FromSeconds(ResponseTimeoutInSeconds ?? 30),
        ConnectTimeout = TimeSpan.FromSeconds(ConnectTimeoutInSeconds ?? 0),
    };

    private int PayloadBytes() => Payload is { } payload ? Encoding.UTF8.GetByteCount(payload.GetRawText()) : 0;

    private static Refusal Wrong(string message) => new(HubErrorCode.ArgumentInvalid, message);
}

/// <summary>What the device answered, for the API's description.</summary>
/// <param name="Status">Any number that the device chose.</param>
/// <param name="Payload">Any JSON.</param>
internal sealed record MethodResponse(int Status, JsonElement? Payload);
