using System.Buffers;
using System.Text.Json;
using Muster.Devices;
using Muster.Json;

namespace Muster.Updates;

/// <summary>A device's <c>properties.reported.deviceInformation</c>: what it is and what it runs. Only texts are looked at.</summary>
internal static class AgentFacts
{
    internal const string Agent = "updateAgent";
    internal const string Version = "swVersion";
    private const string Section = "deviceInformation";

    internal static Dictionary<string, string> Read(DeviceState row)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (row.Reported.Json is not { } json)
        {
            return facts;
        }

        using var reported = JsonDocument.Parse(json);
        if (reported.RootElement.TryGetProperty(Section, out var section) && section.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in section.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.String)
                {
                    facts[property.Name] = property.Value.GetString()!;
                }
            }
        }

        return facts;
    }

    /// <summary>The patch of reported properties that brings what is new; null if nothing is. A null value takes a fact away.</summary>
    internal static JsonUtf8? Patch(IReadOnlyDictionary<string, string> current, IEnumerable<KeyValuePair<string, string?>> said)
    {
        var changes = said.Where(fact => current.GetValueOrDefault(fact.Key) != fact.Value).ToArray();
        return changes.Length == 0 ? null : Whole(changes);
    }

    /// <summary>The patch of reported properties that says all of it, new or not. A null value takes a fact away.</summary>
    internal static JsonUtf8 Whole(IEnumerable<KeyValuePair<string, string?>> said)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject(Section);
            foreach (var (fact, value) in said)
            {
                json.WriteString(fact, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new JsonUtf8(bytes.WrittenSpan.ToArray());
    }
}
