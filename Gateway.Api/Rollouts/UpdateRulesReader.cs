using Muster.Gateway;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>The part of a plan that each device's update goes by, read from JSON.</summary>
internal static class UpdateRulesReader
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    internal static UpdateTimeouts Timeouts(JsonFields fields)
    {
        var usual = UpdateTimeouts.Default;
        return new()
        {
            Gate = Read("gate", usual.Gate),
            Offer = Read("offer", usual.Offer),
            Start = Read("start", usual.Start),
            Download = Read("download", usual.Download),
            BytesPerSecond = fields.Whole("bytesPerSecond", 1, int.MaxValue) ?? usual.BytesPerSecond,
            Install = Read("install", usual.Install),
            BeforeReboot = Read("beforeReboot", usual.BeforeReboot),
            Reboot = Read("reboot", usual.Reboot),
            Verify = Read("verify", usual.Verify),
            Cancel = Read("cancel", usual.Cancel),
            RollBack = Read("rollBack", usual.RollBack),
        };

        TimeSpan Read(string name, TimeSpan otherwise) => fields.Duration(name, Second, Year) ?? otherwise;
    }

    internal static HealthRule Health(JsonFields fields) => new()
    {
        Soak = fields.Duration("soak", TimeSpan.Zero, Month) ?? TimeSpan.Zero,
        Heartbeat = fields.Duration("heartbeat", Second, Year),
        MaxRestarts = fields.Whole("maxRestarts", 0, 1_000_000),
        Bounds = fields.Objects("bounds", 20, Bound),
        Tolerance = fields.Whole("tolerance", 1, 100) ?? HealthRule.None.Tolerance,
    };

    internal static RetryRule Retry(JsonFields fields) => new()
    {
        Max = fields.Whole("max", 0, 10) ?? 0,
        Backoff = fields.Duration("backoff", Second, TimeSpan.FromDays(1)) ?? RetryRule.None.Backoff,
        Reasons = fields.Texts("reasons", 50, 64),
    };

    internal static MaintenanceWindow Window(JsonFields fields) => new()
    {
        Rule = fields.Text("rule", 512, required: true) ?? "",
        Duration = fields.Duration("duration", Minute, Week, required: true) ?? Minute,
        TimeZone = fields.Text("timeZone", 64) ?? "UTC",
        TimeZoneTag = fields.Text("timeZoneTag", 128),
    };

    internal static Blackout Blackout(JsonFields fields) => new()
    {
        From = fields.Time("from", required: true) ?? default,
        Until = fields.Time("until", required: true) ?? default,
        Why = fields.Text("why", 256),
    };

    internal static TelemetryBound Bound(JsonFields fields) => new()
    {
        Field = fields.Text("field", 128, required: true) ?? "",
        Min = fields.Number("min", double.NegativeInfinity, double.PositiveInfinity),
        Max = fields.Number("max", double.NegativeInfinity, double.PositiveInfinity),
    };
}
