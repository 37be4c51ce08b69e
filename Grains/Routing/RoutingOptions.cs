using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Routing;

/// <summary>Bound from <c>Routes</c>; checked before the silo starts.</summary>
public sealed class RoutingOptions
{
    public const string Section = "Routes";

    /// <summary>
    /// True lets webhooks reach loopback, private, link-local and other addresses that are not public, over plain HTTP too. Default false, so that who may
    /// write endpoints cannot make silos speak to what stands beside them.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>How often a silo asks for changes of routes and endpoints, and says how its deliveries go. Default 2 seconds; 0.1 seconds to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan RefreshEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Events of a partition that are read and judged at once. Default 500; 1 to 10,000.</summary>
    [Range(1, 10_000)]
    public int BatchEvents { get; set; } = 500;

    /// <summary>The bytes at which such a batch ends earlier. Default 1 MiB; 64 KiB to 64 MiB.</summary>
    [Range(1 << 16, 1 << 26)]
    public int BatchBytes { get; set; } = 1 << 20;

    /// <summary>The pause after the first failure; each further one is about twice as long. Default 1 second; 0.01 seconds to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan MinRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause. Default 5 minutes; 1 second to 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an endpoint may take for one delivery. Default 10 seconds; 0.1 seconds to 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromSeconds(10);
}

[OptionsValidator]
internal sealed partial class RoutingOptionsValidator : IValidateOptions<RoutingOptions>;
