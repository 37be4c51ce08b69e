using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Placement;

/// <summary>Bound from <c>Rebalance</c>; checked before the silo starts.</summary>
public sealed class RebalanceOptions
{
    public const string Section = "Rebalance";

    /// <summary>False leaves device grains where they are until they are activated anew. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>From the last change of the membership to the first move. Default 30 s; 0 to 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Device grains that this silo sends away per second. Default 500; 10 to 5000, where other calls begin to wait for seconds.</summary>
    [Range(10, 5000)]
    public int MovesPerSecond { get; set; } = 500;
}

[OptionsValidator]
internal sealed partial class RebalanceOptionsValidator : IValidateOptions<RebalanceOptions>;
