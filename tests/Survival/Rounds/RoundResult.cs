namespace Muster.Survival;

/// <summary>How long things were without answer, in milliseconds: of each its longest time of the round.</summary>
/// <param name="Count">How many.</param>
internal sealed record Gaps(int Count, int P50, int P99, int Max)
{
    internal static Gaps Of(IEnumerable<TimeSpan> longest)
    {
        int[] sorted = [.. longest.Select(gap => (int)gap.TotalMilliseconds).Order()];
        return sorted.Length == 0 ? new Gaps(0, 0, 0, 0) : new Gaps(sorted.Length, At(sorted, 0.5), At(sorted, 0.99), sorted[^1]);
    }

    // Nearest rank.
    private static int At(int[] sorted, double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}

/// <summary>One line of the results.</summary>
/// <param name="At">UTC, when it began.</param>
/// <param name="What">Who was struck, and how.</param>
/// <param name="Verdict">passed or failed.</param>
/// <param name="RecoveredSeconds">From the strike until all devices had answered again and all silos agreed.</param>
internal sealed record RoundResult(DateTimeOffset At, string Commit, int Seed, string Kind, int Round, string Verdict, string What, double RecoveredSeconds)
{
    internal const string Passed = "passed";

    public int Devices { get; init; }

    public double Seconds { get; init; }

    /// <summary>Devices whose connection was lost.</summary>
    public Gaps? Lost { get; init; }

    /// <summary>All other devices, as they saw it themselves.</summary>
    public Gaps? Kept { get; init; }

    /// <summary>A sample of grains on the struck silos, asked through REST with retries.</summary>
    public Gaps? StruckGrains { get; init; }

    /// <summary>The rest of the sample.</summary>
    public Gaps? OtherGrains { get; init; }

    public int Reports { get; init; }

    public int Changes { get; init; }

    public int Messages { get; init; }

    /// <summary>Events beyond one for each message, each explained by a message that was sent again.</summary>
    public int Repeated { get; init; }

    public int Methods { get; init; }

    /// <summary>Writes answered "later" or not at all.</summary>
    public int Unanswered { get; init; }

    public int MethodsUnanswered { get; init; }

    public int Handshakes { get; init; }

    public int HandshakesFailed { get; init; }

    /// <summary>CONNECTs that were asked to come back.</summary>
    public int Refused { get; init; }

    /// <summary>The most attempts that a device needed to connect.</summary>
    public int MostAttempts { get; init; }

    public IReadOnlyCollection<string> Faults { get; init; } = [];
}
