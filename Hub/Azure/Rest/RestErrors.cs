using System.Text.Json;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>What the hub's refusals mean here. Pure.</summary>
internal static class RestErrors
{
    /// <summary>The refusal, with the hub's own number if it is one that is known here, else the one that the status stands for.</summary>
    /// <exception cref="UpstreamFaultException">It is no word about the request: the hub failed, is not there, or does not take this cluster's key.</exception>
    internal static Refusal ToRefusal(RestAnswer answer, DeviceKey? about)
    {
        var (code, name, text) = Read(answer);
        if (answer.Status == 401)
        {
            const string Key = $"{UpstreamOptions.Section}:{nameof(UpstreamOptions.ConnectionString)}";
            throw new UpstreamFaultException($"The upstream hub does not take the key in {Key}: {text}");
        }

        if (answer.Status >= 500 && !(code is { } told && (int)told / 1000 == answer.Status && IsOfDevice(told)))
        {
            throw new UpstreamFaultException($"The upstream hub failed with status {answer.Status}: {text}");
        }

        return (code ?? ByStatus(answer.Status, name, about)) is { } meant
            ? new Refusal(meant, text) { RetryAfter = answer.RetryAfter }
            : throw new UpstreamFaultException($"The upstream hub answered with status {answer.Status}: {text}");
    }

    /// <summary>A known number or name in IoT Hub's error texts, and the sentence for people.</summary>
    internal static HubErrorCode? CodeOf(string? text, out string sentence)
    {
        sentence = text ?? "";
        if (sentence.StartsWith('{'))
        {
            return OfJson(sentence, out sentence);
        }

        if (!sentence.StartsWith("ErrorCode:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var end = sentence.IndexOf(';', StringComparison.Ordinal);
        var name = end < 0 ? sentence[10..] : sentence[10..end];
        sentence = end < 0 ? name : sentence[(end + 1)..];
        return ByName(name);
    }

    // Gateway time-outs and bad answers of a device are about the device, all other 5xx about the hub.
    private static bool IsOfDevice(HubErrorCode code) => code is HubErrorCode.GatewayTimeout or HubErrorCode.InvalidDeviceResponse;

    private static (HubErrorCode? Code, string? Name, string Text) Read(RestAnswer answer)
    {
        var message = MessageOf(answer.Body);
        var code = CodeOf(message, out var text) ?? ByName(answer.ErrorCode);
        var isNamed = answer.ErrorCode ?? (message is null || text == message ? null : message);
        return (code, isNamed, WireErrors.Sentence(text.Length > 0 ? text : $"status {answer.Status}"));
    }

    private static string? MessageOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("Message", out var message)
                ? message.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static HubErrorCode? OfJson(string text, out string sentence)
    {
        sentence = text;
        try
        {
            using var json = JsonDocument.Parse(text);
            sentence = json.RootElement.TryGetProperty("message", out var message) && message.GetString() is { } given ? given : text;
            return json.RootElement.TryGetProperty("errorCode", out var code) && code.TryGetInt32(out var number) && Enum.IsDefined((HubErrorCode)number)
                ? (HubErrorCode)number
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static HubErrorCode? ByName(string? name) =>
        Enum.TryParse<HubErrorCode>(name, ignoreCase: true, out var code) && Enum.IsDefined(code) ? code : null;

    // A 404 with a name that is not known here is about something else than the device, such as the hub itself.
    private static HubErrorCode? ByStatus(int status, string? name, DeviceKey? about) => status switch
    {
        400 => HubErrorCode.ArgumentInvalid,
        403 or 429 => HubErrorCode.ThrottlingException,
        404 when name is null => about is { IsModule: true } ? HubErrorCode.ModuleNotFound : HubErrorCode.DeviceNotFound,
        409 => about is { IsModule: true } ? HubErrorCode.ModuleAlreadyExistsOnDevice : HubErrorCode.DeviceAlreadyExists,
        412 => HubErrorCode.PreconditionFailed,
        413 => HubErrorCode.MessageTooLarge,
        _ => null,
    };
}
