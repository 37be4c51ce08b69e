using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>The answers of DDI as JSON.</summary>
internal static class DdiBodies
{
    /// <summary>What a poll is answered.</summary>
    /// <param name="sleep">When to ask again.</param>
    /// <param name="at">The controller's own URL.</param>
    /// <param name="shown">The action that it sees.</param>
    /// <param name="wantsAttributes">True if it is to say what it is.</param>
    internal static byte[] Poll(TimeSpan sleep, string at, DdiOffer shown, bool wantsAttributes) => Write(json =>
    {
        json.WriteStartObject("config");
        json.WriteStartObject("polling");
        json.WriteString("sleep", Sleep(sleep));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("_links");
        switch (shown)
        {
            case DdiOffer.Deployment deployment:
                // Changes with what may be done, so that an agent that caches fetches it again.
                var permit = (int)deployment.Offer.Permit;
                Link(json, "deploymentBase", string.Create(CultureInfo.InvariantCulture, $"{at}/deploymentBase/{deployment.Offer.WireId}?c={permit}"));
                break;
            case DdiOffer.Cancellation cancellation:
                Link(json, "cancelAction", string.Create(CultureInfo.InvariantCulture, $"{at}/cancelAction/{cancellation.WireId}"));
                break;
        }

        if (wantsAttributes)
        {
            Link(json, "configData", at + "/configData");
        }

        json.WriteEndObject();
    });

    /// <summary>A deployment: one chunk with one artifact, the only shape that all agents take.</summary>
    internal static byte[] Deployment(DdiOffer.Deployment deployment, AgentLink link, bool isPlain) => Write(json =>
    {
        json.WriteString("id", Id(deployment.Offer.WireId));
        json.WriteStartObject("deployment");
        json.WriteString("download", "forced");
        json.WriteString("update", deployment.MayInstall ? "forced" : "skip");
        if (!deployment.MayInstall)
        {
            json.WriteString("maintenanceWindow", "unavailable");
        }

        json.WriteStartArray("chunks");
        json.WriteStartObject();
        json.WriteString("part", "os");
        json.WriteString("version", deployment.Offer.Release.Version);
        json.WriteString("name", deployment.Offer.Release.Name);
        json.WriteStartArray("artifacts");
        Artifact(json, deployment.Artifact, link, isPlain);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>That an action is to stop; the id of the cancellation is that of the action.</summary>
    internal static byte[] Cancellation(int wireId) => Write(json =>
    {
        json.WriteString("id", Id(wireId));
        json.WriteStartObject("cancelAction");
        json.WriteString("stopId", Id(wireId));
        json.WriteEndObject();
    });

    /// <summary><c>HH:MM:SS</c>; SWUpdate takes 00:00:00 for 45 seconds.</summary>
    internal static string Sleep(TimeSpan sleep) => TimeSpan.FromSeconds(Math.Clamp(Math.Floor(sleep.TotalSeconds), 1, 86_399)).ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);

    private static void Artifact(Utf8JsonWriter json, PlannedArtifact artifact, AgentLink link, bool isPlain)
    {
        json.WriteStartObject();
        json.WriteString("filename", artifact.FileName);
        json.WriteStartObject("hashes");
        json.WriteString("sha1", artifact.Sha1);
        json.WriteString("md5", artifact.Md5);
        json.WriteString("sha256", artifact.Sha256);
        json.WriteEndObject();
        json.WriteNumber("size", artifact.Size);
        json.WriteStartObject("_links");

        // Agents prefer "download"; one that came without TLS may not have our authority.
        if (!isPlain || link.Http is null)
        {
            Link(json, "download", link.Https.AbsoluteUri);
        }

        if (link.Http is { } plain)
        {
            Link(json, "download-http", plain.AbsoluteUri);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Id(int wireId) => wireId.ToString(CultureInfo.InvariantCulture);

    private static void Link(Utf8JsonWriter json, string name, string href)
    {
        json.WriteStartObject(name);
        json.WriteString("href", href);
        json.WriteEndObject();
    }

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
