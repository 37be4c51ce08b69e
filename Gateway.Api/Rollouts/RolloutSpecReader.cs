using Muster.Gates;
using Muster.Gateway;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>
/// From JSON to a plan: shapes, words and ranges, each field for itself. What must hold between fields, and of releases and conditions, the rollout knows.
/// What it returns is worth something only if nothing was wrong.
/// </summary>
internal static class RolloutSpecReader
{
    private const int MaxCondition = 8192;
    private const int MaxDevices = 1_000_000;
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    internal static RolloutSpec Read(JsonFields fields) => new()
    {
        Name = fields.Text("name", 128, required: true) ?? "",
        Release = fields.Text("release", 256, required: true) ?? "",
        Target = fields.Object("target", Target, required: true) ?? new RolloutTarget { Condition = "" },
        Groups = fields.Objects("groups", 100, Group),
        Rate = fields.Object("rate", Rate) ?? RolloutRate.Unlimited,
        MaxInFlight = fields.Whole("maxInFlight", 1, MaxDevices),
        Budget = fields.Object("budget", Budget),
        Halts = fields.Objects("halts", 20, Halt),
        Timeouts = fields.Object("timeouts", UpdateRulesReader.Timeouts) ?? UpdateTimeouts.Default,
        Health = fields.Object("health", UpdateRulesReader.Health) ?? HealthRule.None,
        Retry = fields.Object("retry", UpdateRulesReader.Retry) ?? RetryRule.None,
        Windows = fields.Objects("windows", 20, UpdateRulesReader.Window),
        Blackouts = fields.Objects("blackouts", 100, UpdateRulesReader.Blackout),
        InstallTime = fields.Duration("installTime", TimeSpan.Zero, TimeSpan.FromDays(7)),
        StartsAt = fields.Time("startsAt"),
        EndsAt = fields.Time("endsAt"),
        Priority = fields.Whole("priority", 0, 1000) ?? 500,
        Approvals = fields.Objects("approvals", 10, Approval),
        RollsBack = fields.Flag("rollsBack") ?? true,
        Gates = fields.Objects("gates", 10, GateReader.Read),
    };

    private static RolloutTarget Target(JsonFields fields)
    {
        if (!fields.Has("condition"))
        {
            fields.Wrong("condition", "must be given; \"\" is every device");
        }

        return new()
        {
            Condition = fields.Text("condition", MaxCondition) ?? "",
            Continuous = fields.Flag("continuous") ?? false,
            Max = fields.Whole("max", 1, MaxDevices) ?? MaxDevices,
            ExcludeTag = fields.Text("excludeTag", 128) ?? "noUpdate",
            Devices = fields.Texts("devices", 10_000, 128),
        };
    }

    private static GroupSpec Group(JsonFields fields) => new()
    {
        Name = fields.Text("name", 64, required: true) ?? "",
        Percent = fields.Percent("percent"),
        Count = fields.Whole("count", 1, MaxDevices),
        Condition = fields.Text("condition", MaxCondition),
        SuccessPercent = fields.Percent("successPercent") ?? 95,
        MinSucceeded = fields.Whole("minSucceeded", 0, MaxDevices) ?? 1,
        Soak = fields.Duration("soak", TimeSpan.Zero, Month) ?? TimeSpan.Zero,
        PausesAfter = fields.Flag("pausesAfter") ?? false,
    };

    private static RolloutRate Rate(JsonFields fields) => new()
    {
        PerMinute = fields.Whole("perMinute", 1, MaxDevices),
        Factor = fields.Number("factor", 1, 10) ?? 1,
        Every = fields.Whole("every", 1, MaxDevices) ?? 100,
        MaxPerMinute = fields.Whole("maxPerMinute", 1, MaxDevices),
    };

    private static DisruptionBudget Budget(JsonFields fields) => new()
    {
        Tag = fields.Text("tag", 128, required: true) ?? "",
        MaxUnavailable = fields.Whole("maxUnavailable", 1, MaxDevices, required: true) ?? 1,
    };

    private static HaltRule Halt(JsonFields fields)
    {
        var kind = fields.Word<HaltKind>("kind", required: true) ?? HaltKind.FailedPercent;
        return new()
        {
            Kind = kind,
            Limit = fields.Number("limit", 0, kind is HaltKind.FailedPercent or HaltKind.UnreachablePercent ? 100 : MaxDevices, required: true) ?? 0,
            MinSample = fields.Whole("minSample", 1, MaxDevices) ?? 10,
            Action = fields.Word<HaltAction>("action") ?? HaltAction.Hold,
        };
    }

    private static ApprovalStep Approval(JsonFields fields) => new()
    {
        Role = fields.Text("role", 64, required: true) ?? "",
        Required = fields.Whole("required", 1, 20) ?? 1,
        ExpiresAfter = fields.Duration("expiresAfter", TimeSpan.FromMinutes(1), Year) ?? TimeSpan.FromDays(14),
    };
}
