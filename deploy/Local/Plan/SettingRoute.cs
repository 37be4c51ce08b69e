namespace Muster.Local;

/// <summary>Which programs a setting of the operator's is for. A silo and a gateway refuse each other's; what neither knows, the silos are to refuse.</summary>
internal static class SettingRoute
{
    private static readonly string[] GatewaySections = ["Gateway:", "Orleans:"];
    private static readonly string[] CommonSections = ["Security:", "Logging:"];

    internal static bool IsForSilos(string setting) => !IsOf(GatewaySections, setting);

    internal static bool IsForGateways(string setting) => IsOf(GatewaySections, setting) || IsOf(CommonSections, setting);

    private static bool IsOf(string[] sections, string setting) =>
        Array.Exists(sections, section => setting.AsSpan().TrimStart().StartsWith(section, StringComparison.OrdinalIgnoreCase));
}
