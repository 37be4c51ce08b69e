using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Muster.Updates;

/// <summary>Bound from <c>Updates</c>; checked before the silo starts.</summary>
public sealed class UpdateOptions
{
    public const string Section = "Updates";

    /// <summary>
    /// How long after its start a silo ends no device's update for silence: what was not heard while nothing ran is no fault of the devices. Default 2 minutes; 0 to 1 hour.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan GraceAfterStart { get; set; } = TimeSpan.FromMinutes(2);
}

/// <summary>Checks <see cref="UpdateOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class UpdateOptionsValidator : IValidateOptions<UpdateOptions>;
