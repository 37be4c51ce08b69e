using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>A link on which a device is asked and answered: requests of methods, and all that is said about its twin. Sent settled.</summary>
internal sealed class AnswerSource(DeviceLinks session) : IMessageSource
{
    private readonly LinkOutbox outbox = new(session.Services.Options.MaxOutboundMessages, session.Services.Options.MaxOutboundBytes);

    /// <summary>Null before the attach.</summary>
    public ISourcePort? Port { get; private set; }

    /// <summary>As <see cref="LinkOutbox.Send"/>.</summary>
    public SendResult Send(byte[] message, Func<bool>? isStale = null) => outbox.Send(message, isStale);

    public void OnAttached(ISourcePort port)
    {
        Port = port;
        outbox.Open(port);
        session.Attached(port);
    }

    public void OnCredit()
    {
        outbox.Flush();
        Port!.CompleteDrain();
    }

    public void OnSettled(object? tag, DeliveryOutcome outcome)
    {
    }

    public void OnClosed() => session.LeaveSource(this, Port);
}
