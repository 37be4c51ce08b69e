using System.Text.Json;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>
/// Mender's update control map: where a client stops and asks again. It says of every state what to do there now, and that the update fails if the client cannot ask
/// any more: silence of the hub never lets a device go on.
/// </summary>
internal static class ControlMap
{
    private static readonly (string State, UpdatePermit Needs)[] States =
    [
        ("ArtifactInstall_Enter", UpdatePermit.Install),
        ("ArtifactReboot_Enter", UpdatePermit.Reboot),
        ("ArtifactCommit_Enter", UpdatePermit.Commit),
    ];

    /// <summary>As the value of a property whose name was just written.</summary>
    internal static void Write(Utf8JsonWriter json, string deviceId, AgentOffer offer)
    {
        json.WriteStartObject();
        json.WriteString("id", DeploymentId.Make(deviceId, offer.WireId));
        json.WriteNumber("priority", 0);
        json.WriteStartObject("states");
        foreach (var (state, needs) in States)
        {
            json.WriteStartObject(state);
            json.WriteString("action", IsOver(offer) ? "fail" : offer.Permit >= needs ? "continue" : "pause");
            json.WriteString("on_map_expire", "fail");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>True if the client is to stop, or to go back.</summary>
    internal static bool IsOver(AgentOffer offer) => offer.IsCancel || offer.MustRollBack;
}
