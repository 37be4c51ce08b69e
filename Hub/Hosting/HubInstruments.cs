using System.Diagnostics.Metrics;
using Muster.Amqp;
using Muster.Mqtt;
using Muster.Sessions;

namespace Muster;

/// <summary>What the device side counts. Meter <c>Muster.Hub</c>; no device in any tag.</summary>
internal sealed class HubInstruments
{
    public const string MeterName = "Muster.Hub";

    private readonly Counter<long> connects;
    private readonly Counter<long> amqpConnects;
    private readonly Counter<long> ends;
    private readonly Counter<long> faults;
    private readonly Counter<long> messages;
    private readonly Counter<long> bytes;
    private readonly Counter<long> methods;
    private readonly Counter<long> messagesOut;
    private readonly Counter<long> refusedAtAccept;

    public HubInstruments(IMeterFactory meters, SessionTable sessions, ConnectionLimit limit, Connections amqp)
    {
        var meter = meters.Create(MeterName);
        connects = meter.CreateCounter<long>("muster.hub.connects", "{connect}", "CONNECT packets by the answer given");
        amqpConnects = meter.CreateCounter<long>("muster.hub.amqp.connects", "{connection}", "AMQP connections let in, by SASL mechanism");
        ends = meter.CreateCounter<long>("muster.hub.session_ends", "{session}", "Sessions that ended, by reason");
        faults = meter.CreateCounter<long>("muster.hub.faults", "{fault}", "Bytes from outside that were not accepted, by fault");
        messages = meter.CreateCounter<long>("muster.hub.telemetry.messages", "{message}", "Telemetry handed to the event log");
        bytes = meter.CreateCounter<long>("muster.hub.telemetry.bytes", "By", "The same in bytes of event records");
        methods = meter.CreateCounter<long>("muster.hub.methods", "{call}", "Direct method requests sent to devices");
        messagesOut = meter.CreateCounter<long>("muster.hub.c2d.messages", "{message}", "Cloud-to-device messages sent to devices, each delivery");
        refusedAtAccept = meter.CreateCounter<long>("muster.hub.refused_connections", "{connection}", "Connections beyond Hub:MaxConnections");
        meter.CreateObservableUpDownCounter("muster.hub.sessions", () => sessions.Count, "{session}", "Connected devices and modules");
        meter.CreateObservableUpDownCounter("muster.hub.amqp.connections", () => amqp.Count, "{connection}", "Open AMQP connections past SASL");
        meter.CreateObservableUpDownCounter("muster.hub.connections", () => limit.Open, "{connection}", "Open connections");
    }

    public void Connected(ConnectReturnCode code) => connects.Add(1, new KeyValuePair<string, object?>("code", (int)code));

    public void AmqpConnected(SaslMechanism mechanism) => amqpConnects.Add(1, new KeyValuePair<string, object?>("mechanism", mechanism.ToString()));

    public void Ended(SessionEnd why) => ends.Add(1, new KeyValuePair<string, object?>("reason", why.ToString()));

    public void Refused(MqttFault fault) => faults.Add(1, new KeyValuePair<string, object?>("fault", fault.ToString()));

    public void Telemetry(int count, int size)
    {
        messages.Add(count);
        bytes.Add(size);
    }

    public void MethodSent() => methods.Add(1);

    public void MessageSent() => messagesOut.Add(1);

    public void RefusedAtAccept() => refusedAtAccept.Add(1);
}
