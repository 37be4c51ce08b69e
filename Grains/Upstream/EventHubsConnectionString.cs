using System.Diagnostics.CodeAnalysis;

namespace Muster.Upstream;

/// <summary>Where the upstream hub's built-in endpoint is, and whose key opens it.</summary>
/// <param name="HostName">Without a port.</param>
/// <param name="Port">Null where the address names none.</param>
/// <param name="EventHub">The Event Hubs-compatible name.</param>
/// <param name="PolicyName">The shared access policy.</param>
/// <param name="Key">Of the policy; signs as the text that it is, not as what its base64 stands for.</param>
internal sealed record EventHubsConnectionString(string HostName, int? Port, string EventHub, string PolicyName, string Key)
{
    /// <param name="text"><c>Endpoint=sb://host[:port]/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…</c>.</param>
    /// <param name="parsed">Null if there is a problem.</param>
    /// <param name="problem">What is wrong with it, without any of its values.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out EventHubsConnectionString? parsed, [NotNullWhen(false)] out string? problem)
    {
        var fields = ConnectionFields.Read(text);
        var (policy, key, hub) = (fields?.GetValueOrDefault("SharedAccessKeyName"), fields?.GetValueOrDefault("SharedAccessKey"), fields?.GetValueOrDefault("EntityPath"));
        var isUri = Uri.TryCreate(fields?.GetValueOrDefault("Endpoint"), UriKind.Absolute, out var endpoint);
        problem = fields is null ? "is not Name=value;Name=value"
            : !isUri || endpoint!.Scheme != "sb" || endpoint.Host.Length == 0 ? "has no Endpoint=sb://host/"
            : string.IsNullOrEmpty(policy) ? "has no SharedAccessKeyName"
            : string.IsNullOrEmpty(key) ? "has no SharedAccessKey"
            : string.IsNullOrEmpty(hub) ? "has no EntityPath"
            : null;
        parsed = problem is null ? new EventHubsConnectionString(endpoint!.Host, endpoint.Port > 0 ? endpoint.Port : null, hub!, policy!, key!) : null;
        return parsed is not null;
    }

    /// <summary>No key in the text: records print themselves.</summary>
    public override string ToString() => $"{HostName}/{EventHub}";
}
