using Muster.Sessions;
using Muster.Telemetry;

namespace Muster.Amqp;

/// <summary>A device's telemetry: accepted once it is durable.</summary>
internal sealed class TelemetrySink(DeviceLinks session, EventOrigin origin) : IMessageSink
{
    private readonly TelemetryQueue queue = new(
        session.Services.Log, origin, session.Services.Instruments, () => session.Close(SessionEnd.NotStored));

    private ISinkPort? port;

    public void OnAttached(ISinkPort port)
    {
        this.port = port;
        session.Attached(port);
    }

    public void OnMessage(IncomingMessage message) => queue.Add(message);

    public void OnClosed() => session.Leave(port);
}
