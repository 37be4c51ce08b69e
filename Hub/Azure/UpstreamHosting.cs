using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Muster.Upstream;

/// <summary>Adds the client of the upstream hub to a silo.</summary>
public static class UpstreamHosting
{
    /// <summary>
    /// <see cref="IUpstreamHub"/>, <see cref="IUpstreamEvents"/> and <see cref="IUpstreamQueues"/>, if <c>Upstream:ConnectionString</c> is set; else only
    /// the options, checked.
    /// </summary>
    public static ISiloBuilder AddUpstream(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddUpstreamOptions();
        if (silo.Configuration[$"{UpstreamOptions.Section}:{nameof(UpstreamOptions.ConnectionString)}"] is { Length: > 0 })
        {
            silo.Services.AddUpstreamClient(ActiveSilos);
        }

        return silo;
    }

    /// <summary>The client, whose options are set by others.</summary>
    /// <param name="silos">How many share the budget now.</param>
    internal static IServiceCollection AddUpstreamClient(this IServiceCollection services, Func<IServiceProvider, Func<int>> silos)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(static provider => Parse(provider.GetRequiredService<IOptions<UpstreamOptions>>().Value));
        services.AddSingleton(static provider => SasSigner.Of(provider.GetRequiredService<HubConnectionString>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<UpstreamInstruments>();
        services.AddSingleton<UpstreamTrust>();
        services.AddSingleton<WireDialer>();
        services.AddSingleton<HubConnection>();
        services.AddSingleton<CloudMessageSender>();
        services.AddSingleton<EventsLocator>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<UpstreamBudget>(provider, silos(provider)));
        services.AddSingleton(static provider =>
            ActivatorUtilities.CreateInstance<RestClient>(provider, Handler(provider.GetRequiredService<UpstreamTrust>())));
        services.AddSingleton<IUpstreamHub, UpstreamHub>();
        services.AddSingleton<IUpstreamEvents, UpstreamEvents>();
        services.AddSingleton<IUpstreamQueues, UpstreamQueues>();
        return services;
    }

    internal static SocketsHttpHandler Handler(UpstreamTrust trust) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 256,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = trust.Callback },
    };

    private static HubConnectionString Parse(UpstreamOptions options) =>
        HubConnectionString.TryParse(options.ConnectionString ?? "", out var parsed, out var problem)
            ? parsed
            : throw new InvalidOperationException($"{UpstreamOptions.Section}:{nameof(UpstreamOptions.ConnectionString)} {problem}.");

    private static Func<int> ActiveSilos(IServiceProvider provider)
    {
        var membership = provider.GetRequiredService<IClusterMembershipService>();
        return () => membership.CurrentSnapshot.Members.Values.Count(static member => member.Status == SiloStatus.Active);
    }
}
