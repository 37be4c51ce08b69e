using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Errors;
using Muster.Json;
using Muster.Mqtt;
using Muster.Sessions;
using Muster.Twins;

namespace Muster.Amqp;

/// <summary>A device's questions about its twin, each answered by its correlation id.</summary>
internal sealed partial class TwinRequests(DeviceLinks session) : IMessageSink
{
    /// <summary>Sections are 32 KB at most; what is far beyond ends the link.</summary>
    public const int MaxEncodedBytes = 128 * 1024;

    private static readonly Refusal Unavailable = new(HubErrorCode.ServiceUnavailable, "The twin is not available now; try again.");
    private ISinkPort? port;

    public void OnAttached(ISinkPort port)
    {
        this.port = port;
        session.Attached(port);
    }

    public void OnMessage(IncomingMessage message)
    {
        var operation = TwinMessages.OperationOf(message.Message);
        _ = AnswerAsync(message, operation == TwinOperation.Report ? Report(message) : ServeAsync(operation));
    }

    public void OnClosed() => session.Leave(port);

    private async Task AnswerAsync(IncomingMessage message, Task<TwinAnswer> serving)
    {
        TwinAnswer answer;
        try
        {
            answer = await serving;
        }
        catch (Exception e)
        {
            // Nobody else hears of it, and a device that is not answered waits until it gives its connection up.
            LogTwinUnavailable(session.Services.Logger, e);
            answer = Refused(Unavailable);
        }

        session.AnswerTwin(TwinMessages.Answer(message.CorrelationId, answer.Status, answer.Version, answer.Body.Span));
        message.Accept();
    }

    private async Task<TwinAnswer> ServeAsync(TwinOperation operation)
    {
        switch (operation)
        {
            case TwinOperation.Get:
                var reply = await session.Services.Calls.CallAsync(session.GrainKey, Repeat.Always, () => session.Device.GetDeviceTwinAsync().AsTask());
                return reply switch
                {
                    TwinReply.Found found => new TwinAnswer(200, null, found.Twin.Span.ToArray()),
                    TwinReply.Refused refused => Refused(refused.Why),
                    _ => Refused(Unavailable),
                };
            case TwinOperation.Listen or TwinOperation.StopListening:
                return await session.ListenToDesiredAsync(operation == TwinOperation.Listen) ? new TwinAnswer(200, null, default) : Refused(Unavailable);
            default:
                return Refused(new Refusal(HubErrorCode.ArgumentInvalid, "A twin has no such operation on such a resource."));
        }
    }

    // Numbered in the order in which they came, over all links of the session: one that was under way while silos died does not undo a later one.
    private Task<TwinAnswer> Report(IncomingMessage message)
    {
        var why = !TwinMessages.TryVersion(message.Message, out var version) ? "The version is no number."
            : !MessageParts.TryBody(message.Message, out var body) || !JsonPayload.IsObject(body.Span) ? "The patch is not a JSON object."
            : null;
        if (why is not null)
        {
            return Task.FromResult(Refused(new Refusal(HubErrorCode.ArgumentInvalid, why)));
        }

        MessageParts.TryBody(message.Message, out var patch);
        return ReportAsync(new JsonUtf8(patch.ToArray()), version, new ReportOrigin(session.Epoch, session.NextReport()));
    }

    private async Task<TwinAnswer> ReportAsync(JsonUtf8 patch, long? version, ReportOrigin origin)
    {
        switch (await session.Services.Calls.CallAsync(
            session.GrainKey, Repeat.IfNotRun, () => session.Device.PatchReportedAsync(patch, version, origin)))
        {
            case ReportedReply.Accepted accepted:
                return new TwinAnswer(204, accepted.Version, default);
            case ReportedReply.Refused refused:
                return Refused(refused.Why);
            default:
                session.Close(SessionEnd.Replaced);
                return Refused(Unavailable);
        }
    }

    private TwinAnswer Refused(Refusal why) => new(why.HttpStatus, null, TwinErrorBody.Write(why, session.Services.Clock.GetUtcNow()));

    [LoggerMessage(EventId = 8203, Level = LogLevel.Warning, Message = "A twin request over AMQP could not be served")]
    private static partial void LogTwinUnavailable(ILogger logger, Exception exception);

    private readonly record struct TwinAnswer(int Status, long? Version, ReadOnlyMemory<byte> Body);
}
