using System.Buffers;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Devices;
using Muster.Errors;
using Muster.Json;
using Muster.Sessions;
using Muster.Twins;

namespace Muster.Mqtt;

/// <summary>Sends a twin reply, if the device listens to them.</summary>
internal delegate void TwinReplySender(int status, byte[] requestId, long? version, ReadOnlySpan<byte> body);

/// <summary>A device's questions about its twin, each answered on <c>$iothub/twin/res/…</c> by its request id.</summary>
internal sealed partial class TwinChannel(
    ISession session, IDeviceGrain device, AckQueue acks, SessionServices services, TwinReplySender reply)
{
    /// <summary>Sections are 32 KB at most; what is far beyond is refused before it is read.</summary>
    private const int MaxReportBytes = 128 * 1024;

    private static readonly Refusal Unavailable = new(HubErrorCode.ServiceUnavailable, "The twin is not available now; try again.");
    private long reports;

    private string Key => device.GetPrimaryKeyString();

    /// <summary>Answers with the twin as the device sees it.</summary>
    public async Task GetAsync(byte[] requestId)
    {
        acks.BeginRequest(requestId.Length);
        try
        {
            switch (await services.Calls.CallAsync(Key, Repeat.Always, () => device.GetDeviceTwinAsync().AsTask()))
            {
                case TwinReply.Found found:
                    reply(200, requestId, null, found.Twin.Span);
                    break;
                case TwinReply.Refused refused:
                    Refuse(requestId, refused.Why);
                    break;
            }
        }
        catch (Exception e)
        {
            // Nobody else hears of it, and a device that is not answered waits until it gives its connection up.
            LogTwinUnavailable(services.Logger, e);
            Refuse(requestId, Unavailable);
        }
        finally
        {
            acks.EndRequest(requestId.Length);
        }
    }

    /// <summary>Merges a patch into the reported properties; the answer, and the acknowledgement where one is due, follow the commit.</summary>
    public async Task ReportAsync(byte[] requestId, long? version, byte[] patch, PublishBatch? ack)
    {
        var size = requestId.Length + patch.Length;
        acks.BeginRequest(size);
        try
        {
            switch (await PatchAsync(version, patch, new ReportOrigin(session.Epoch, ++reports)))
            {
                case ReportedReply.Accepted accepted:
                    reply(204, requestId, accepted.Version, default);
                    break;
                case ReportedReply.Refused refused:
                    Refuse(requestId, refused.Why);
                    break;
                case ReportedReply.SessionOver:
                    Refuse(requestId, Unavailable);
                    session.Close(SessionEnd.Replaced);
                    break;
            }
        }
        catch (Exception e)
        {
            // Nobody else hears of it, and a device that is not answered waits until it gives its connection up.
            LogTwinUnavailable(services.Logger, e);
            Refuse(requestId, Unavailable);
        }
        finally
        {
            acks.EndRequest(size);
            if (ack is not null)
            {
                acks.Complete(ack);
            }
        }
    }

    /// <summary>Reads the request out of the packet, which is gone when this returns.</summary>
    public void Report(in DeviceTopic topic, ReadOnlySequence<byte> payload, PublishBatch? ack) =>
        _ = ReportAsync(topic.RequestId.ToArray(), topic.Version, payload.ToArray(), ack);

    private Task<ReportedReply> PatchAsync(long? version, byte[] patch, ReportOrigin origin)
    {
        var why = patch.Length > MaxReportBytes ? new Refusal(HubErrorCode.MessageTooLarge, "The reported properties are too large.")
            : !JsonPayload.IsObject(patch) ? new Refusal(HubErrorCode.ArgumentInvalid, "The patch is not a JSON object.")
            : null;
        return why is null
            ? services.Calls.CallAsync(Key, Repeat.IfNotRun, () => device.PatchReportedAsync(new JsonUtf8(patch), version, origin))
            : Task.FromResult<ReportedReply>(new ReportedReply.Refused(why));
    }

    private void Refuse(byte[] requestId, Refusal why) =>
        reply(why.HttpStatus, requestId, null, TwinErrorBody.Write(why, services.Clock.GetUtcNow()));

    [LoggerMessage(EventId = 8010, Level = LogLevel.Warning, Message = "A twin request could not be served")]
    private static partial void LogTwinUnavailable(ILogger logger, Exception exception);
}
