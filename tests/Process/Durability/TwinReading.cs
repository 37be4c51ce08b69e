using System.Text.Json;

namespace Muster.Durability;

/// <summary>Reads a section's counter and version, in the service's and in the device's document alike.</summary>
internal static class TwinReading
{
    internal static (int Counter, long Version) Read(JsonElement section) =>
        (section.TryGetProperty("counter", out var counter) ? counter.GetInt32() : 0, section.GetProperty("$version").GetInt64());

    internal static JsonElement Section(JsonElement serviceTwin, string name) => serviceTwin.GetProperty("properties").GetProperty(name);
}
