using System.Buffers.Text;
using System.Text;
using Muster.Devices;

namespace Muster.Mqtt;

/// <summary>What a device may publish to.</summary>
internal enum TopicKind
{
    /// <summary>None of the topics below, or one of another device.</summary>
    Foreign = 0,
    Telemetry,
    TwinGet,
    TwinReport,
    MethodResponse,
}

/// <summary>A topic that a device published to, taken apart. Points into the topic.</summary>
internal readonly ref struct DeviceTopic
{
    public TopicKind Kind { get; init; }

    /// <summary>Of telemetry: the property bag.</summary>
    public ReadOnlySpan<byte> Bag { get; init; }

    /// <summary>Of all but telemetry: the request id, as it stands.</summary>
    public ReadOnlySpan<byte> RequestId { get; init; }

    /// <summary>Of a report: the version that must still hold; null for any.</summary>
    public long? Version { get; init; }

    /// <summary>Of a method response.</summary>
    public int Status { get; init; }
}

/// <summary>The topics that IoT Hub's dialect has for one identity.</summary>
internal static class Topics
{
    /// <summary>The longest request id that is echoed, in bytes.</summary>
    public const int MaxRequestIdBytes = 512;

    /// <summary><c>devices/{id}/messages/events</c> or <c>devices/{d}/modules/{m}/messages/events</c>, without the slash behind it.</summary>
    public static byte[] TelemetryPrefix(DeviceKey key) => Encoding.UTF8.GetBytes(key.IsModule
        ? $"devices/{key.DeviceId}/modules/{key.ModuleId}/messages/events"
        : $"devices/{key.DeviceId}/messages/events");

    /// <summary>Takes <paramref name="topic"/> apart for the identity that <paramref name="telemetryPrefix"/> belongs to.</summary>
    public static DeviceTopic Read(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> telemetryPrefix)
    {
        if (topic.StartsWith(telemetryPrefix))
        {
            return Telemetry(topic[telemetryPrefix.Length..]);
        }

        if (topic.StartsWith("$iothub/"u8))
        {
            return ReadHubTopic(topic[8..]);
        }

        return topic.StartsWith("devices/"u8) ? ReadEncoded(topic, telemetryPrefix) : default;
    }

    private static DeviceTopic Telemetry(ReadOnlySpan<byte> tail) => tail switch
    {
        [] => new DeviceTopic { Kind = TopicKind.Telemetry },
        [(byte)'/', ..] => new DeviceTopic { Kind = TopicKind.Telemetry, Bag = tail[1..] },
        _ => default,
    };

    private static DeviceTopic ReadHubTopic(ReadOnlySpan<byte> topic)
    {
        if (topic.StartsWith("twin/GET/"u8))
        {
            return WithQuery(TopicKind.TwinGet, topic[9..]);
        }

        if (topic.StartsWith("twin/PATCH/properties/reported/"u8))
        {
            return WithQuery(TopicKind.TwinReport, topic[31..]);
        }

        if (!topic.StartsWith("methods/res/"u8))
        {
            return default;
        }

        topic = topic[12..];
        return Utf8Parser.TryParse(topic, out int status, out var used) && topic[used..] is [(byte)'/', .. var query]
            ? WithQuery(TopicKind.MethodResponse, query, status)
            : default;
    }

    private static DeviceTopic WithQuery(TopicKind kind, ReadOnlySpan<byte> query, int status = 0)
    {
        ReadOnlySpan<byte> requestId = default;
        long? version = null;
        query = query is [(byte)'?', ..] ? query[1..] : query;
        while (!query.IsEmpty)
        {
            var end = query.IndexOf((byte)'&');
            var pair = end < 0 ? query : query[..end];
            query = end < 0 ? default : query[(end + 1)..];
            if (pair.StartsWith("$rid="u8))
            {
                requestId = pair[5..];
            }
            else if (pair.StartsWith("$version="u8))
            {
                if (!Utf8Parser.TryParse(pair[9..], out long number, out var used) || used != pair.Length - 9)
                {
                    return default;
                }

                version = number;
            }
        }

        return requestId.IsEmpty || requestId.Length > MaxRequestIdBytes
            ? default
            : new DeviceTopic { Kind = kind, RequestId = requestId, Version = version, Status = status };
    }

    // Some clients percent-encode the id, though not its separators.
    private static DeviceTopic ReadEncoded(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> telemetryPrefix)
    {
        var events = topic.IndexOf("/messages/events"u8);
        if (events < 0 || events > 3 * telemetryPrefix.Length)
        {
            return default;
        }

        var end = events + "/messages/events"u8.Length;
        return PercentCoding.TryDecode(topic[..end], new byte[end], out var decoded) && decoded.SequenceEqual(telemetryPrefix)
            ? Telemetry(topic[end..])
            : default;
    }
}
