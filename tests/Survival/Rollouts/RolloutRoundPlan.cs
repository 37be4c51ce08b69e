using Muster.Gates;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>What a round rolls out, to what fleet, and within which limits and times.</summary>
internal sealed class RolloutRoundPlan(RolloutSurvivalOptions options)
{
    internal const int Sites = 50;

    /// <summary>A fifth of the fleet at once. What is in its soak when the hub dies has to soak anew: with less, a round is the longer the bigger the fleet.</summary>
    internal int Cap => Math.Max(options.Devices / 5, Sites);

    internal int SiteCap => Cap * 2 / Sites;

    /// <summary>Of each fault, where every status is to be come to often; null for as many as a fleet of every day has.</summary>
    internal double? FaultShare => options.Places is null ? null : 0.04;

    /// <summary>Of first calls that whoever opens the gates does not answer.</summary>
    internal double BusyShare => options.Places is null ? 0.1 : 0.5;

    // Slow enough that there are devices in every status until the last place was come to.
    private RolloutRate Rate => options.Places is null ? RolloutRate.Unlimited : new RolloutRate { PerMinute = 180 };

    /// <summary>
    /// How long a device may be silent: short, so that a round ends soon; long against a kill and what follows, 4 s where nothing else runs, since a device that nobody hears is not
    /// silent. A big fleet takes longer to be heard, and a cluster needs to find out first that one of its silos is dead.
    /// </summary>
    private TimeSpan Silence => TimeSpan.FromSeconds(options.IsCluster ? 60 : options.Devices > 2000 ? 30 : 20);

    // Long enough that an unhealthy device can say so. A soak begins anew with its hub: a long one seldom ends between two kills.
    private TimeSpan Soak => TimeSpan.FromSeconds(options.IsCluster ? 20 : 5);

    private UpdateTimeouts Timeouts => new()
    {
        Start = TimeSpan.FromSeconds(60),
        Download = TimeSpan.FromSeconds(60),
        Install = TimeSpan.FromSeconds(60),
        BeforeReboot = Silence,
        Reboot = Silence,
        Verify = Silence,
        RollBack = TimeSpan.FromSeconds(60),
    };

    internal RolloutSpec Spec(GateDesk desk) => new()
    {
        Name = "Survive",
        Release = FirmwareReleases.After,
        Target = new RolloutTarget { Condition = "" },
        Groups = [new GroupSpec { Name = "canary", Percent = 2, SuccessPercent = 50 }, new GroupSpec { Name = "half", Percent = 49, SuccessPercent = 50 }, new GroupSpec { Name = "rest", SuccessPercent = 50 }],
        MaxInFlight = Cap,
        Rate = Rate,
        Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = SiteCap },
        Health = new HealthRule { Soak = Soak, MaxRestarts = 1, Tolerance = 1 },
        Retry = new RetryRule { Max = 1, Backoff = TimeSpan.FromSeconds(1) },
        Timeouts = Timeouts,
        Gates = options.Places is null ? [Gate("reroute", GatePhase.BeforeOffer, desk)] : [Gate("reroute", GatePhase.BeforeOffer, desk), Gate("isolate", GatePhase.BeforeInstall, desk)],
    };

    private static GateSpec Gate(string name, GatePhase phase, GateDesk desk) => new() { Name = name, Phase = phase, Kind = GateKind.Webhook, Url = desk.Url };
}
