using System.Buffers;
using Muster.Errors;
using Muster.Methods;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>A device's answers to direct methods.</summary>
internal sealed class MethodAnswers(DeviceLinks session) : IMessageSink
{
    /// <summary>An answer of the largest size and its sections; up to here one that is too long has its own error.</summary>
    public const int MaxEncodedBytes = 2 * MethodCall.MaxPayloadBytes;

    private ISinkPort? port;

    public void OnAttached(ISinkPort port)
    {
        this.port = port;
        session.Attached(port);
    }

    public void OnMessage(IncomingMessage message)
    {
        if (!MethodMessages.TryRead(message.Message, message.CorrelationId, out var requestId, out var status)
            || !MessageParts.TryBody(message.Message, out var body))
        {
            message.Reject(LinkError.From(new Refusal(
                HubErrorCode.IotHubFormatError, "The answer to a method has the request's correlation id, IoThub-status, and a body of bytes.")));
            return;
        }

        if (body.Length > MethodCall.MaxPayloadBytes)
        {
            session.Methods.Refuse(requestId, new Refusal(HubErrorCode.InvalidDeviceResponse, "The device's answer is longer than 128 KB."));
        }
        else
        {
            session.Methods.Answer(requestId, status, JsonPayload.Of(new ReadOnlySequence<byte>(body)));
        }

        message.Accept();
    }

    public void OnClosed() => session.Leave(port);
}
