using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Muster.Errors;
using Muster.Mqtt;
using Muster.Telemetry;

namespace Muster.Http;

/// <summary><c>POST …/messages/events</c>: one message, or a batch. 204 once all of it is in the event log, durably.</summary>
internal static class TelemetryRoutes
{
    internal static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/devices/{deviceId}/messages/events", PostAsync);
        routes.MapPost("/devices/{deviceId}/modules/{moduleId}/messages/events", PostAsync);
    }

    private static async Task<IResult> PostAsync(HttpContext context, IEventLog log, HubInstruments instruments)
    {
        var caller = DeviceCaller.Of(context);
        var isBatch = IsBatch(context.Request);
        if (await BodyBytes.ReadAsync(context.Request, isBatch ? MessageBatch.MaxBytes : PacketLimits.MaxMessageBytes, context.RequestAborted) is not { } body)
        {
            return new DeviceError(DeviceFaults.TooLarge);
        }

        IReadOnlyList<HttpMessage> messages;
        try
        {
            messages = isBatch ? MessageBatch.Read(body.Span) : [Single(context.Request, body)];
        }
        catch (JsonException wrong)
        {
            return new DeviceError(new Refusal(HubErrorCode.IotHubFormatError, $"The batch was not understood: {wrong.Message}"));
        }

        if (MessageBatch.IsTooLarge(messages))
        {
            return new DeviceError(DeviceFaults.TooLarge);
        }

        await AppendAsync(log, caller, messages, instruments);
        return TypedResults.NoContent();
    }

    private static async Task AppendAsync(IEventLog log, DeviceCaller caller, IReadOnlyList<HttpMessage> messages, HubInstruments instruments)
    {
        if (messages.Count == 0)
        {
            return;
        }

        var origin = new EventOrigin(caller.Key.DeviceId, caller.Key.ModuleId, caller.Access.GenerationId, caller.Access.AuthMethod);
        var records = new ArrayBufferWriter<byte>();
        foreach (var message in messages)
        {
            message.Write(records, origin);
        }

        await log.AppendAsync(origin.Partition, records.WrittenMemory, messages.Count);
        instruments.Telemetry(messages.Count, records.WrittenCount);
    }

    private static bool IsBatch(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(MessageBatch.ContentType, StringComparison.OrdinalIgnoreCase);

    private static HttpMessage Single(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        var message = new HttpMessage { Body = body };
        foreach (var (name, values) in request.Headers)
        {
            message.TryAdd(name, values.ToString());
        }

        return message;
    }
}
