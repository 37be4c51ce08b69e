using System.Buffers;

namespace Muster.Mqtt;

/// <summary>One topic filter of a SUBSCRIBE or UNSUBSCRIBE.</summary>
/// <param name="Filter">The filter's text.</param>
/// <param name="Qos">The QoS that was asked for, 0 to 2; 0 in an UNSUBSCRIBE.</param>
internal readonly record struct RequestedFilter(string Filter, int Qos);

/// <summary>SUBSCRIBE and UNSUBSCRIBE (MQTT 3.1.1 sections 3.8 and 3.10). Rare, so they are read into objects.</summary>
internal sealed record SubscribePacket(ushort PacketId, IReadOnlyList<RequestedFilter> Filters)
{
    public static MqttFault TryParse(in MqttFrame frame, out SubscribePacket? packet)
    {
        packet = null;
        var bytes = frame.Body.IsSingleSegment ? frame.Body.FirstSpan : frame.Body.ToArray();
        if (!MqttText.TryTakeUInt16(ref bytes, out var id))
        {
            return MqttFault.Truncated;
        }

        if (id == 0)
        {
            return MqttFault.PacketIdentifierZero;
        }

        var filters = new List<RequestedFilter>();
        while (!bytes.IsEmpty)
        {
            var fault = TryTakeFilter(ref bytes, frame.Type == PacketType.Subscribe, out var filter);
            if (fault != MqttFault.None)
            {
                return fault;
            }

            filters.Add(filter);
        }

        packet = new SubscribePacket(id, filters);
        return filters.Count == 0 ? MqttFault.NoTopicFilters : MqttFault.None;
    }

    private static MqttFault TryTakeFilter(ref ReadOnlySpan<byte> bytes, bool withQos, out RequestedFilter filter)
    {
        filter = default;
        byte qos = 0;
        if (!MqttText.TryTakeField(ref bytes, out var text) || (withQos && !MqttText.TryTakeByte(ref bytes, out qos)))
        {
            return MqttFault.Truncated;
        }

        if (qos > 2)
        {
            return MqttFault.RequestedQos;
        }

        if (text.IsEmpty)
        {
            return MqttFault.EmptyTopic;
        }

        if (!MqttText.IsValid(text))
        {
            return MqttFault.InvalidUtf8;
        }

        filter = new RequestedFilter(System.Text.Encoding.UTF8.GetString(text), qos);
        return MqttFault.None;
    }
}
