using System.Buffers.Text;
using System.Text;

namespace Muster.Gates;

/// <summary>How a gate is named in a path: its device, empty for one that a rollout keeps, and its key, base64url.</summary>
public static class GateIds
{
    private const int MaxLength = 1024;

    public static string Of(string deviceId, string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{deviceId}\n{key}"));

    /// <summary>The rollout that a key begins with.</summary>
    public static string RolloutOf(string key) => key[..Math.Max(0, key.IndexOf('/', StringComparison.Ordinal))];

    /// <summary>False for what no gate is called by.</summary>
    public static bool TryParse(string id, out string deviceId, out string key)
    {
        (deviceId, key) = ("", "");
        if (id is null || id.Length > MaxLength || !Base64Url.IsValid(id))
        {
            return false;
        }

        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(id)).Split('\n');
        if (parts.Length != 2)
        {
            return false;
        }

        (deviceId, key) = (parts[0], parts[1]);
        return true;
    }
}
