using System.Buffers;
using System.Text.Json;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>The answers to Mender's clients as JSON.</summary>
internal static class MenderBodies
{
    /// <summary>A deployment.</summary>
    /// <param name="deviceId">Whose.</param>
    /// <param name="offer">What its record offers.</param>
    /// <param name="deviceType">What the client says that it is. That the release is for it was checked before it was offered.</param>
    /// <param name="source">Where the artifact is, for a client that shows no token there.</param>
    /// <param name="withMap">Whether the client takes an update control map.</param>
    internal static byte[] Deployment(string deviceId, AgentOffer offer, string deviceType, (Uri Uri, DateTimeOffset ExpiresAt) source, bool withMap) => Write(json =>
    {
        json.WriteString("id", DeploymentId.Make(deviceId, offer.WireId));
        json.WriteStartObject("artifact");
        json.WriteString("artifact_name", offer.Release.Version);
        json.WriteStartArray("device_types_compatible");
        json.WriteStringValue(deviceType);
        json.WriteEndArray();
        json.WriteStartObject("source");
        json.WriteString("uri", source.Uri.AbsoluteUri);
        json.WriteString("expire", source.ExpiresAt);
        json.WriteEndObject();
        json.WriteEndObject();
        if (withMap)
        {
            json.WritePropertyName("update_control_map");
            ControlMap.Write(json, deviceId, offer);
        }
    });

    internal static byte[] Map(string deviceId, AgentOffer offer) => Write(json =>
    {
        json.WritePropertyName("update_control_map");
        ControlMap.Write(json, deviceId, offer);
    });

    private static byte[] Write(Action<Utf8JsonWriter> body)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
