using Muster.Gateway;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>How long a device may stay where it is; each is a duration from PT1S.</summary>
internal sealed record TimeoutsMessage
{
    /// <summary>For gates to open. Default P1D.</summary>
    public string? Gate { get; init; }

    /// <summary>For the device to come and fetch. Default P7D.</summary>
    public string? Offer { get; init; }

    /// <summary>From fetched to the first byte. Default PT15M.</summary>
    public string? Start { get; init; }

    /// <summary>For the download, at least. Default PT30M.</summary>
    public string? Download { get; init; }

    /// <summary>The slowest download that is waited for. Default 16000.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Default PT30M.</summary>
    public string? Install { get; init; }

    /// <summary>From installed to the beginning of the reboot. Default PT15M.</summary>
    public string? BeforeReboot { get; init; }

    /// <summary>Until the device is seen again. Default PT30M.</summary>
    public string? Reboot { get; init; }

    /// <summary>Until the wanted version is reported. Default PT30M.</summary>
    public string? Verify { get; init; }

    /// <summary>For the device to say that it stopped. Default P1D.</summary>
    public string? Cancel { get; init; }

    /// <summary>For each try to go back. Default PT1H.</summary>
    public string? RollBack { get; init; }

    internal static TimeoutsMessage From(UpdateTimeouts timeouts) => new()
    {
        Gate = Durations.Text(timeouts.Gate),
        Offer = Durations.Text(timeouts.Offer),
        Start = Durations.Text(timeouts.Start),
        Download = Durations.Text(timeouts.Download),
        BytesPerSecond = timeouts.BytesPerSecond,
        Install = Durations.Text(timeouts.Install),
        BeforeReboot = Durations.Text(timeouts.BeforeReboot),
        Reboot = Durations.Text(timeouts.Reboot),
        Verify = Durations.Text(timeouts.Verify),
        Cancel = Durations.Text(timeouts.Cancel),
        RollBack = Durations.Text(timeouts.RollBack),
    };
}

/// <summary>When a device that runs the wanted version counts as well.</summary>
internal sealed record HealthMessage
{
    /// <summary>How long it is watched. Default PT0S.</summary>
    public string? Soak { get; init; }

    /// <summary>The longest silence while it is watched. Default any.</summary>
    public string? Heartbeat { get; init; }

    /// <summary>How often it may restart while it is watched. Default any number.</summary>
    public int? MaxRestarts { get; init; }

    /// <summary>Where telemetry values must lie that came since the soak began, at most 20.</summary>
    public BoundMessage[]? Bounds { get; init; }

    /// <summary>How many looks in a row may find it unwell, 1 to 100. Default 3.</summary>
    public int? Tolerance { get; init; }

    internal static HealthMessage From(HealthRule rule) => new()
    {
        Soak = Durations.Text(rule.Soak),
        Heartbeat = rule.Heartbeat is { } heartbeat ? Durations.Text(heartbeat) : null,
        MaxRestarts = rule.MaxRestarts,
        Bounds = [.. rule.Bounds.Select(BoundMessage.From)],
        Tolerance = rule.Tolerance,
    };
}

/// <summary>Where the last value of a telemetry field must lie, ends included.</summary>
internal sealed record BoundMessage
{
    public required string Field { get; init; }

    public double? Min { get; init; }

    public double? Max { get; init; }

    internal static BoundMessage From(TelemetryBound bound) => new() { Field = bound.Field, Min = bound.Min, Max = bound.Max };
}

/// <summary>Which failures are tried again.</summary>
internal sealed record RetryMessage
{
    /// <summary>Tries after the first, 0 to 10. Default 0.</summary>
    public int? Max { get; init; }

    /// <summary>Before the first retry; doubles with each. Default PT1M.</summary>
    public string? Backoff { get; init; }

    /// <summary>Such as DownloadTimeout. Default every one that leaves the device as it was.</summary>
    public string[]? Reasons { get; init; }

    internal static RetryMessage From(RetryRule rule) =>
        new() { Max = rule.Max, Backoff = Durations.Text(rule.Backoff), Reasons = rule.Reasons.IsDefaultOrEmpty ? null : [.. rule.Reasons] };
}

/// <summary>When devices may install, by their own clocks.</summary>
internal sealed record WindowMessage
{
    /// <summary>A recurrence rule (RFC 5545) such as <c>FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYSECOND=0</c>, of days or longer.</summary>
    public required string Rule { get; init; }

    /// <summary>How long it stays open, PT1M to P7D.</summary>
    public required string Duration { get; init; }

    /// <summary>IANA name. Default UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The tag that holds a device's own time zone. Default none.</summary>
    public string? TimeZoneTag { get; init; }

    internal static WindowMessage From(MaintenanceWindow window) => new()
    {
        Rule = window.Rule,
        Duration = Durations.Text(window.Duration),
        TimeZone = window.TimeZone,
        TimeZoneTag = window.TimeZoneTag,
    };
}

/// <summary>A time in which nothing is installed.</summary>
internal sealed record BlackoutMessage
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset Until { get; init; }

    public string? Why { get; init; }

    internal static BlackoutMessage Of(Blackout blackout) => new() { From = blackout.From, Until = blackout.Until, Why = blackout.Why };
}
