using Muster.Ddi;
using Muster.Mender;
using Muster.Updates;

namespace Muster.Hosting;

/// <summary>How update agents reach this hub.</summary>
internal static class AgentInfo
{
    /// <summary>For agents that speak DDI: SWUpdate's <c>-u "-t TENANT -u BASEURL -g GATEWAYTOKEN"</c>.</summary>
    /// <param name="BaseUrl">Over TLS, by the hub's certificate.</param>
    /// <param name="HttpBaseUrl">Without TLS; null where the hub does not listen so.</param>
    /// <param name="Tenant">As agents are to say it.</param>
    /// <param name="GatewayToken">Null if there is none.</param>
    internal sealed record DdiInfo(string BaseUrl, string? HttpBaseUrl, string Tenant, string? GatewayToken);

    /// <summary>For Mender's clients: <c>ServerURL</c>.</summary>
    internal sealed record MenderInfo(string ServerUrl, string? HttpServerUrl);

    internal static DdiInfo? Ddi(SiloSettings settings, DdiOptions options, AgentSecrets secrets) => !options.Enabled || !settings.Roles.HasFlag(SiloRoles.Hub)
        ? null
        : new(Url("https", settings, settings.HttpsPort)!, Url("http", settings, settings.HttpPort), options.Tenant, (options.GatewayToken ?? secrets.DdiGatewayToken) is { Length: > 0 } token ? token : null);

    internal static MenderInfo? Mender(SiloSettings settings, MenderOptions options) => !options.Enabled || !settings.Roles.HasFlag(SiloRoles.Hub)
        ? null
        : new(Url("https", settings, settings.HttpsPort)!, Url("http", settings, settings.HttpPort));

    private static string? Url(string scheme, SiloSettings settings, int? port) =>
        port is { } number ? new UriBuilder(scheme, settings.HostName, number).Uri.AbsoluteUri.TrimEnd('/') : null;
}
