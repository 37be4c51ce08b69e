using System.Collections.Frozen;

namespace Muster.Gateway;

/// <summary>Which keys mean something to a gateway of its own: a mistyped one that is passed over costs more than one that is refused.</summary>
internal static class GatewaySettings
{
    private const string Logging = "Logging:";

    private static readonly (string Section, Type Options)[] Sections =
    [
        (GatewayOptions.Section, typeof(GatewayOptions)), (ClusterClientOptions.Section, typeof(ClusterClientOptions)),
        (SecurityOptions.Section, typeof(SecurityOptions)),
    ];

    internal static FrozenSet<string> Keys { get; } = Sections
        .SelectMany(section => section.Options.GetProperties().Select(property => $"{section.Section}:{property.Name}"))
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    internal static bool IsKnown(string key) => Keys.Contains(key) || key.StartsWith(Logging, StringComparison.OrdinalIgnoreCase);
}
