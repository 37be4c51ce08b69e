using System.Diagnostics.CodeAnalysis;

namespace Muster.Upstream;

/// <summary>Where the upstream hub is, and whose key opens it.</summary>
/// <param name="HostName">Without a port.</param>
/// <param name="PolicyName">The shared access policy.</param>
/// <param name="Key">Of the policy, base64.</param>
internal sealed record HubConnectionString(string HostName, string PolicyName, string Key)
{
    /// <summary>The first label of the host, as the hub calls itself.</summary>
    public string HubName => HostName.Split('.')[0];

    /// <param name="text"><c>HostName=…;SharedAccessKeyName=…;SharedAccessKey=…</c>.</param>
    /// <param name="parsed">Null if there is a problem.</param>
    /// <param name="problem">What is wrong with it, without any of its values.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out HubConnectionString? parsed, [NotNullWhen(false)] out string? problem)
    {
        var fields = ConnectionFields.Read(text);
        var (host, policy, key) = (fields?.GetValueOrDefault("HostName"), fields?.GetValueOrDefault("SharedAccessKeyName"), fields?.GetValueOrDefault("SharedAccessKey"));
        problem = fields is null ? "is not Name=value;Name=value"
            : fields.ContainsKey("DeviceId") ? "is a device's"
            : string.IsNullOrEmpty(host) ? "has no HostName"
            : Uri.CheckHostName(host) is UriHostNameType.Unknown or UriHostNameType.Basic ? "has a HostName that is not a name alone (ports are settings of their own)"
            : string.IsNullOrEmpty(policy) ? "has no SharedAccessKeyName"
            : string.IsNullOrEmpty(key) ? "has no SharedAccessKey"
            : !Convert.TryFromBase64String(key, new byte[key.Length], out _) ? "has a SharedAccessKey that is not base64"
            : null;
        parsed = problem is null ? new HubConnectionString(host!, policy!, key!) : null;
        return parsed is not null;
    }

    /// <summary>No key in the text: records print themselves.</summary>
    public override string ToString() => HostName;
}
