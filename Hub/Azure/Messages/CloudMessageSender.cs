using Amqp;
using Amqp.Framing;
using Microsoft.Extensions.Options;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>Sends messages to devices, many at once over one link, which is made again when it broke.</summary>
internal sealed class CloudMessageSender(
    HubConnection hub, IOptions<UpstreamOptions> options, UpstreamBudget budget, UpstreamInstruments instruments, WireDialer dialer) : IDisposable
{
    /// <summary>Messages that the hub has not answered yet; more wait.</summary>
    internal const int MaxInFlight = 100;

    private const string What = "The upstream's queue of messages to devices";
    private readonly SemaphoreSlim room = new(MaxInFlight);
    private readonly SemaphoreSlim turn = new(1);
    private SenderLink? current;

    /// <exception cref="UpstreamFaultException">There is no answer, or not in time: the message may be queued all the same.</exception>
    public async Task<SendMessageReply> SendAsync(DeviceKey key, CloudMessage message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.RequestTimeout, dialer.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var written = CloudMessageWriter.Write(key, message);
            await room.WaitAsync(both.Token);
            var (link, answer) = await StartAsync(written, both.Token);
            return Judge(await AnswerAsync(link, answer, both.Token, cancellationToken), key);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            instruments.Called(RestKinds.Message, "timeout");
            throw new UpstreamFaultException("The upstream hub did not say in time whether it took a message.");
        }
    }

    public void Dispose() => turn.Dispose();

    // The room is given back when the message is answered for, whoever still waits for that: the library keeps it until then.
    private async Task<(SenderLink Link, Task<Outcome> Answer)> StartAsync(Message message, CancellationToken cancellationToken)
    {
        var answered = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        SenderLink? link = null;
        try
        {
            link = await LinkAsync(cancellationToken);
            link.Send(message, (_, _, outcome, _) => End(answered.TrySetResult(outcome)), null);
            return (link, answered.Task);
        }
        catch (Exception e)
        {
            End(answered.TrySetCanceled(CancellationToken.None));
            throw e is AmqpException or InvalidOperationException && link is not null ? Lost(link) : e;
        }
    }

    private void End(bool isFirst)
    {
        if (isFirst)
        {
            room.Release();
        }
    }

    private async Task<Outcome> AnswerAsync(SenderLink link, Task<Outcome> answer, CancellationToken limit, CancellationToken cancellationToken)
    {
        Outcome known;
        try
        {
            known = await answer.WaitAsync(limit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A hub that is silent for so long on this link may do better on another.
            _ = WireLinks.CloseAsync(link.Session, dialer);
            throw;
        }

        // When a link ends, the library says of what was under way that it was released, or rejected with the link's own error.
        var isAnswered = known is Accepted || (known is Rejected rejected && (rejected.Error is null || !ReferenceEquals(rejected.Error, link.Error)));
        return isAnswered ? known : throw Lost(link);
    }

    private SendMessageReply Judge(Outcome outcome, DeviceKey key)
    {
        if (outcome is not Rejected rejected)
        {
            instruments.Called(RestKinds.Message, "ok");
            return new SendMessageReply.Queued(0);
        }

        var why = WireErrors.Rejected(rejected.Error, key);
        var isThrottled = why.Code == HubErrorCode.ThrottlingException;
        if (isThrottled)
        {
            instruments.Throttled();
            budget.Pause(null);
        }

        instruments.Called(RestKinds.Message, isThrottled ? "throttled" : why.HttpStatus >= 500 ? "fault" : "refused");
        return why.HttpStatus < 500
            ? new SendMessageReply.Refused(why)
            : throw new UpstreamFaultException($"The upstream hub failed to take a message: {why.Message}");
    }

    private UpstreamFaultException Lost(SenderLink link)
    {
        instruments.Called(RestKinds.Message, "fault");
        return WireErrors.Ended(What, link.Error);
    }

    private async Task<SenderLink> LinkAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref current) is { IsClosed: false } known)
        {
            return known;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            if (current is null or { IsClosed: true })
            {
                if (current is { } over)
                {
                    await WireLinks.CloseAsync(over.Session, dialer);
                }

                var session = await hub.BeginAsync(What, cancellationToken);
                Volatile.Write(ref current, await WireLinks.SenderAsync(session, "/messages/devicebound", What, dialer, cancellationToken));
            }

            return current!;
        }
        finally
        {
            turn.Release();
        }
    }
}
