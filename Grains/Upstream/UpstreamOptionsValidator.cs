using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Muster.Upstream;

/// <summary>Checks <see cref="UpstreamOptions"/>; each failure is one line that says what to do, and repeats no secret.</summary>
public sealed class UpstreamOptionsValidator : IValidateOptions<UpstreamOptions>
{
    private const string Copy = "copy the hub's connection string, HostName=…;SharedAccessKeyName=…;SharedAccessKey=…";
    private const string CopyEvents = "copy that of the built-in endpoint, Endpoint=sb://…/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…";

    public ValidateOptionsResult Validate(string? name, UpstreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string?[] found =
        [
            options.ConnectionString is { Length: > 0 } hub && !HubConnectionString.TryParse(hub, out _, out var problem)
                ? $"{Key(nameof(options.ConnectionString))} {problem}: {Copy}" : null,
            options.EventHubsConnectionString is { Length: > 0 } events && !EventHubsConnectionString.TryParse(events, out _, out var other)
                ? $"{Key(nameof(options.EventHubsConnectionString))} {other}: {CopyEvents}" : null,
            string.IsNullOrEmpty(options.ConnectionString) && !string.IsNullOrEmpty(options.EventHubsConnectionString)
                ? $"{Key(nameof(options.EventHubsConnectionString))} is set without {Key(nameof(options.ConnectionString))}: set both, or neither" : null,
            options.ConsumerGroup is { Length: > 0 and <= 50 } group && !group.Contains('/', StringComparison.Ordinal)
                ? null : $"{Key(nameof(options.ConsumerGroup))} must be 1 to 50 characters without a slash: name a consumer group of the hub",
            options.CaCertificate is { Length: > 0 } file ? OfCertificate(file) : null,
            OfRange(nameof(options.HttpsPort), options.HttpsPort, 1, 65535),
            OfRange(nameof(options.AmqpPort), options.AmqpPort, 1, 65535),
            OfRange(nameof(options.RequestsPerSecond), options.RequestsPerSecond, 1, 100_000),
            OfRange(nameof(options.RequestTimeout), options.RequestTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            OfRange(nameof(options.ReconcileEvery), options.ReconcileEvery, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            OfRange(nameof(options.BatchEvents), options.BatchEvents, 1, 10_000),
        ];
        var failures = found.OfType<string>().ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Key(string property) => $"{UpstreamOptions.Section}:{property}";

    private static string? OfRange<T>(string property, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) < 0 || value.CompareTo(most) > 0 ? FormattableString.Invariant($"{Key(property)} is {value}: set {least} to {most}") : null;

    private static string? OfCertificate(string file)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(file);
            return found.Count > 0 ? null : $"{Key(nameof(UpstreamOptions.CaCertificate))} has no certificate in it: name a PEM file of the authority's";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return $"{Key(nameof(UpstreamOptions.CaCertificate))} could not be read: name a PEM file that this process may read";
        }
    }
}

/// <summary>Registers <see cref="UpstreamOptions"/>.</summary>
public static class UpstreamOptionsHosting
{
    /// <summary>Bound and checked before the silo starts, whether there is an upstream or not. Idempotent.</summary>
    public static IServiceCollection AddUpstreamOptions(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<UpstreamOptions>().BindConfiguration(UpstreamOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UpstreamOptions>, UpstreamOptionsValidator>());
        return services;
    }
}
