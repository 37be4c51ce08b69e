using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Rollouts;

namespace Muster.Releases;

/// <summary>Registers what releases need; <see cref="IArtifactLinks"/> and <see cref="ArtifactStore"/> are others' to register.</summary>
internal static class ReleasesHosting
{
    internal static IServiceCollection AddReleases(this IServiceCollection services)
    {
        services.AddOptions<ReleaseOptions>().BindConfiguration(ReleaseOptions.Section).ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<ReleaseOptions>, ReleaseOptionsValidator>();
        services.TryAddSingleton<IReleaseSource, ReleaseSource>();
        return services;
    }
}
