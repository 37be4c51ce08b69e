using System.Buffers;
using System.Text.Json;
using Muster.Devices;
using Muster.Methods;
using Muster.Twins;

namespace Muster.Upstream;

/// <summary>Bodies of requests in IoT Hub's words. Pure.</summary>
internal static class RestBodies
{
    private static readonly byte[] Empty = "{}"u8.ToArray();

    /// <summary>Sections that are null are left out of a patch, and are empty in a replacement.</summary>
    internal static byte[] Twin(TwinChange change) => Write(json =>
    {
        var (tags, desired) = change.Replace ? (change.Tags?.Memory ?? Empty, change.Desired?.Memory ?? Empty) : (change.Tags?.Memory, change.Desired?.Memory);
        if (tags is { } given)
        {
            json.WritePropertyName("tags");
            json.WriteRawValue(given.Span);
        }

        if (desired is { } wanted)
        {
            json.WriteStartObject("properties");
            json.WritePropertyName("desired");
            json.WriteRawValue(wanted.Span);
            json.WriteEndObject();
        }
    });

    internal static byte[] Identity(DeviceKey key, IdentitySpec spec) => Write(json =>
    {
        json.WriteString("deviceId", key.DeviceId);
        if (key.ModuleId is { } module)
        {
            json.WriteString("moduleId", module);
            json.WriteString("managedBy", spec.ManagedBy);
        }
        else
        {
            WriteDevice(json, spec);
        }

        WriteAuthentication(json, spec.Authentication);
    });

    internal static byte[] Method(MethodCall call) => Write(json =>
    {
        json.WriteString("methodName", call.Name);
        json.WriteNumber("responseTimeoutInSeconds", (int)Math.Ceiling(call.ResponseTimeout.TotalSeconds));
        json.WriteNumber("connectTimeoutInSeconds", (int)Math.Ceiling(call.ConnectTimeout.TotalSeconds));
        json.WritePropertyName("payload");
        json.WriteRawValue(call.Payload.Span);
    });

    internal static byte[] Query(string text) => Write(json => json.WriteString("query", text));

    private static void WriteDevice(Utf8JsonWriter json, IdentitySpec spec)
    {
        json.WriteString("status", spec.Status == DeviceStatus.Disabled ? "disabled" : "enabled");
        json.WriteString("statusReason", spec.StatusReason);
        json.WriteStartObject("capabilities");
        json.WriteBoolean("iotEdge", spec.IotEdge);
        json.WriteEndObject();
        if (spec.DeviceScope is { } scope)
        {
            json.WriteString("deviceScope", scope);
        }

        if (spec.ParentScopes.Length > 0)
        {
            json.WriteStartArray("parentScopes");
            foreach (var parent in spec.ParentScopes)
            {
                json.WriteStringValue(parent);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteAuthentication(Utf8JsonWriter json, DeviceAuthentication authentication)
    {
        json.WriteStartObject("authentication");
        json.WriteString("type", authentication.Type switch
        {
            AuthenticationType.SelfSigned => "selfSigned",
            AuthenticationType.CertificateAuthority => "certificateAuthority",
            AuthenticationType.None => "none",
            _ => "sas",
        });
        json.WriteStartObject("symmetricKey");
        json.WriteString("primaryKey", authentication.PrimaryKey);
        json.WriteString("secondaryKey", authentication.SecondaryKey);
        json.WriteEndObject();
        json.WriteStartObject("x509Thumbprint");
        json.WriteString("primaryThumbprint", authentication.PrimaryThumbprint);
        json.WriteString("secondaryThumbprint", authentication.SecondaryThumbprint);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static byte[] Write(Action<Utf8JsonWriter> fill)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fill(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
