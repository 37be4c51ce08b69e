namespace Muster.Rollouts;

/// <summary>
/// A token bucket: so many devices may be admitted now. It is stored before what it gave is used, so that no restart gives it twice.
/// </summary>
/// <param name="Tokens">At <paramref name="At"/>.</param>
/// <param name="At">UTC, the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("muster.AdmissionBucket")]
internal readonly record struct AdmissionBucket([property: Id(0)] double Tokens, [property: Id(1)] DateTimeOffset At);

/// <summary>How fast devices are admitted: constant, or faster with each so many verified ones. Pure.</summary>
internal static class AdmissionRate
{
    /// <summary>What an idle bucket gathers, in seconds of its rate: two looks of a rollout that is looked at each second.</summary>
    private const double Burst = 2;

    private const double Fastest = 1_000_000;

    /// <summary>Devices per minute; null for any number.</summary>
    internal static double? PerMinute(RolloutRate rate, int succeeded) => rate.PerMinute is not { } start ? null
        : Math.Min(rate.MaxPerMinute ?? Fastest, Math.Min(Fastest, start * Math.Pow(rate.Factor, Math.Floor((double)succeeded / Math.Max(1, rate.Every)))));

    /// <summary>The bucket as it is at <paramref name="now"/>.</summary>
    internal static AdmissionBucket Fill(AdmissionBucket bucket, double perMinute, DateTimeOffset now)
    {
        // A clock that was set back gives nothing, and takes nothing.
        var gained = Math.Max(0, (now - bucket.At).TotalMinutes) * perMinute;
        return new AdmissionBucket(Math.Min(Room(perMinute), bucket.Tokens + gained), now > bucket.At ? now : bucket.At);
    }

    /// <summary>The most that are ever admitted at once.</summary>
    internal static double Room(double perMinute) => Math.Max(1, perMinute / 60 * Burst);
}
