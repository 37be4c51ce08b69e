namespace Muster.Fleet;

/// <summary>
/// The store has too many questions over the fleet at once, or this one took too long and was stopped. Nothing was changed; the same question
/// may be asked again after <see cref="RetryAfter"/>.
/// </summary>
[GenerateSerializer, Immutable, Alias("muster.FleetBusyException")]
public sealed class FleetBusyException(string message, TimeSpan retryAfter) : OrleansException(message)
{
    /// <summary>How long to wait, at least.</summary>
    [Id(0)]
    public TimeSpan RetryAfter { get; } = retryAfter;
}
