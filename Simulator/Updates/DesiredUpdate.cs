using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muster.Simulation.Updates;

/// <summary>The desired component <c>deviceUpdate</c> as a device knows it: read whole at connect, then changed by patches.</summary>
internal sealed class DesiredUpdate
{
    internal const string Component = "deviceUpdate";

    private readonly Lock turn = new();
    private JsonObject? component;
    private long newest;
    private long? version;

    /// <summary>Takes what a whole twin says.</summary>
    /// <returns>False if a change newer than it was seen meanwhile: it has to be read once more.</returns>
    internal bool Replace(JsonElement desired)
    {
        lock (turn)
        {
            var read = VersionOf(desired);
            (version, component) = (read, desired.TryGetProperty(Component, out var whole) ? JsonNode.Parse(whole.GetRawText()) as JsonObject : null);
            newest = Math.Max(newest, read);
            return read >= newest;
        }
    }

    /// <summary>Takes a change.</summary>
    /// <returns>Whether it was one of this component, and not in what is known already.</returns>
    internal bool Patch(JsonElement patch)
    {
        lock (turn)
        {
            var changed = VersionOf(patch);
            newest = Math.Max(newest, changed);
            if (version is not { } known || changed <= known)
            {
                return false;
            }

            version = changed;
            if (!patch.TryGetProperty(Component, out var part))
            {
                return false;
            }

            component = JsonNode.Parse(part.GetRawText()) is JsonObject change ? Merge(component ?? [], change) : null;
            return true;
        }
    }

    /// <summary>What an agent is to make of it.</summary>
    internal UpdateOrder? Read(UpdateOrderReader reader)
    {
        lock (turn)
        {
            return reader.Read(component);
        }
    }

    /// <summary>The connection has ended: changes may be missed until the twin is read again.</summary>
    internal void Forget()
    {
        lock (turn)
        {
            (version, newest) = (null, 0);
        }
    }

    private static long VersionOf(JsonElement desired) => desired.TryGetProperty("$version", out var number) && number.TryGetInt64(out var version) ? version : 0;

    private static JsonObject Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                into.Remove(name);
            }
            else
            {
                into[name] = value is JsonObject change ? Merge(into[name] as JsonObject ?? [], change) : value.DeepClone();
            }
        }

        return into;
    }
}
