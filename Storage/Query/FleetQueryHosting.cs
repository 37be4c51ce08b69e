using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Muster.Storage.Query;

internal static class FleetQueryHosting
{
    /// <summary>The settings of queries, which no engine changes the meaning of.</summary>
    public static void AddFleetQueries(this IServiceCollection services)
    {
        services.AddOptions<FleetQueryOptions>().BindConfiguration(FleetQueryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FleetQueryOptions>, FleetQueryOptionsValidator>();
    }
}
