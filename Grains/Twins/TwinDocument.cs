using System.Buffers;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Json;

namespace Muster.Twins;

/// <summary>Renders a device's state as IoT Hub's twin documents. A million rows may pass: nothing is parsed that need not be.</summary>
public static class TwinDocument
{
    /// <summary>The twin as the service sees it: identity fields, tags, both property sections with <c>$metadata</c>.</summary>
    public static void WriteService(IBufferWriter<byte> to, DeviceKey key, DeviceState state)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(state);
        var json = new JsonOut(to);
        WriteHead(json, key, state);
        json.Raw(",\"tags\":"u8);
        json.Raw(state.Tags ?? "{}"u8);
        json.Raw(",\"properties\":{\"desired\":"u8);
        WriteSection(json, state.Desired, withVersions: true);
        json.Raw(",\"reported\":"u8);
        WriteSection(json, state.Reported, withVersions: false);
        json.Raw("},\"capabilities\":{\"iotEdge\":"u8);
        json.Bool(state.Identity.IotEdge);
        json.Raw("}"u8);
        WriteScopes(json, state.Identity);
        json.Raw("}"u8);
    }

    /// <summary>The twin as the device sees it: no tags, no metadata.</summary>
    public static void WriteDevice(IBufferWriter<byte> to, DeviceState state)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(state);
        var json = new JsonOut(to);
        json.Raw("{\"desired\":"u8);
        WriteMembers(json, state.Desired);
        WriteVersion(json, state.Desired);
        json.Raw(",\"reported\":"u8);
        WriteMembers(json, state.Reported);
        WriteVersion(json, state.Reported);
        json.Raw("}"u8);
    }

    private static void WriteHead(JsonOut json, DeviceKey key, DeviceState state)
    {
        var identity = state.Identity;
        json.Raw("{\"deviceId\":"u8);
        json.Text(key.DeviceId);
        if (key.IsModule)
        {
            json.Raw(",\"moduleId\":"u8);
            json.Text(key.ModuleId);
        }

        json.Raw(",\"etag\":"u8);
        json.Text(ETags.Twin(state.TwinVersion));
        json.Raw(",\"deviceEtag\":"u8);
        json.Text(ETags.Identity(identity));
        json.Raw(identity.Status == DeviceStatus.Enabled ? ",\"status\":\"enabled\",\"statusReason\":"u8 : ",\"status\":\"disabled\",\"statusReason\":"u8);
        json.Text(identity.StatusReason);
        json.Raw(",\"statusUpdateTime\":"u8);
        json.Time(identity.StatusUpdatedAt);
        json.Raw(state.IsConnected ? ",\"connectionState\":\"Connected\""u8 : ",\"connectionState\":\"Disconnected\""u8);
        json.Raw(",\"lastActivityTime\":"u8);
        json.Time(state.LastActivityAt);
        json.Raw(",\"cloudToDeviceMessageCount\":"u8);
        json.Number(new CloudQueue(state.Messages).Count);
        json.Raw(",\"authenticationType\":"u8);
        json.Text(NameOf(identity.AuthenticationType));
        json.Raw(",\"x509Thumbprint\":{\"primaryThumbprint\":"u8);
        json.Text(identity.PrimaryThumbprint);
        json.Raw(",\"secondaryThumbprint\":"u8);
        json.Text(identity.SecondaryThumbprint);
        json.Raw("},\"modelId\":"u8);
        json.Text(state.ModelId ?? "");
        json.Raw(",\"version\":"u8);
        json.Number(state.TwinVersion);
    }

    private static void WriteScopes(JsonOut json, IdentityState identity)
    {
        if (identity.DeviceScope is { } scope)
        {
            json.Raw(",\"deviceScope\":"u8);
            json.Text(scope);
        }

        if (identity.ParentScopes is { Length: > 0 } parents)
        {
            for (var i = 0; i < parents.Length; i++)
            {
                json.Raw(i == 0 ? ",\"parentScopes\":["u8 : ","u8);
                json.Text(parents[i]);
            }

            json.Raw("]"u8);
        }
    }

    /// <summary>One section with <c>$metadata</c> and <c>$version</c>; <paramref name="withVersions"/> for desired properties.</summary>
    internal static void WriteSection(JsonOut json, TwinSection section, bool withVersions)
    {
        WriteMembers(json, section);
        json.Raw("\"$metadata\":"u8);
        TwinMetadata.Write(json, section, withVersions);
        json.Raw(","u8);
        WriteVersion(json, section);
    }

    // Everything up to where "$…" members follow: the object without its closing brace, and a comma if there was a member.
    private static void WriteMembers(JsonOut json, TwinSection section)
    {
        var members = section.Json ?? "{}"u8;
        json.Raw(members[..^1]);
        json.Raw(members.Length > 2 ? ","u8 : ""u8);
    }

    private static void WriteVersion(JsonOut json, TwinSection section)
    {
        json.Raw("\"$version\":"u8);
        json.Number(section.Version);
        json.Raw("}"u8);
    }

    private static string NameOf(AuthenticationType type) => type switch
    {
        AuthenticationType.Sas => "sas",
        AuthenticationType.SelfSigned => "selfSigned",
        AuthenticationType.CertificateAuthority => "certificateAuthority",
        _ => "none",
    };
}
