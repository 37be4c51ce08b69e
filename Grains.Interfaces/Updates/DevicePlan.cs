using System.Collections.Immutable;
using Muster.Gates;
using Orleans.Concurrency;

namespace Muster.Updates;

/// <summary>What a device needs to know of the rollout that it is a member of. Written once, before the first member is assigned; never changed.</summary>
[GenerateSerializer, Immutable, Alias("muster.DevicePlan")]
public sealed record DevicePlan
{
    [Id(0)] public required string Rollout { get; init; }

    /// <summary>The release of every member that has none of its own.</summary>
    [Id(1)] public required PlannedRelease Release { get; init; }

    [Id(2)] public UpdateTimeouts Timeouts { get; init; } = UpdateTimeouts.Default;

    [Id(3)] public HealthRule Health { get; init; } = HealthRule.None;

    [Id(4)] public RetryRule Retry { get; init; } = RetryRule.None;

    /// <summary>When devices may install, each by its own clock; empty for any time.</summary>
    [Id(5)] public ImmutableArray<MaintenanceWindow> Windows { get; init; } = [];

    /// <summary>When none may.</summary>
    [Id(6)] public ImmutableArray<Blackout> Blackouts { get; init; } = [];

    /// <summary>Other releases that members may have instead: in a rollout that rolls back, and the golden ones of the models.</summary>
    [Id(7)] public ImmutableArray<PlannedRelease> Others { get; init; } = [];

    /// <summary>Model to the id of its golden release, in <see cref="Others"/>.</summary>
    [Id(8)] public ImmutableDictionary<string, string> Golden { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>True if a device whose update turns out bad is taken back to what it ran before.</summary>
    [Id(9)] public bool RollsBack { get; init; } = true;

    /// <summary>Path below <c>tags</c> of the tag that keeps a device from being updated; empty for none.</summary>
    [Id(10)] public string ExcludeTag { get; init; } = "noUpdate";

    /// <summary>What has to agree, for each device by itself.</summary>
    [Id(11)] public ImmutableArray<GateSpec> Gates { get; init; } = [];

    /// <summary>How much of a window has to be left when a device begins; 0 for any time.</summary>
    [Id(12)] public TimeSpan InstallTime { get; init; }
}

/// <summary>How long a device may stay where it is.</summary>
[GenerateSerializer, Immutable, Alias("muster.UpdateTimeouts")]
public sealed record UpdateTimeouts
{
    public static UpdateTimeouts Default { get; } = new();

    /// <summary>For gates to open. Default 24 h.</summary>
    [Id(0)] public TimeSpan Gate { get; init; } = TimeSpan.FromHours(24);

    /// <summary>For the device to come and fetch. Default 7 days.</summary>
    [Id(1)] public TimeSpan Offer { get; init; } = TimeSpan.FromDays(7);

    /// <summary>From fetched to the first byte. Default 15 min.</summary>
    [Id(2)] public TimeSpan Start { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>For the download, at least; longer where the size at <see cref="BytesPerSecond"/> needs more. Progress starts it anew. Default 30 min.</summary>
    [Id(3)] public TimeSpan Download { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The slowest download that is waited for. Default 16,000.</summary>
    [Id(4)] public int BytesPerSecond { get; init; } = 16_000;

    /// <summary>Default 30 min.</summary>
    [Id(5)] public TimeSpan Install { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>From installed to the beginning of the reboot. Default 15 min.</summary>
    [Id(6)] public TimeSpan BeforeReboot { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Until the device is seen again. Default 30 min.</summary>
    [Id(7)] public TimeSpan Reboot { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Until the wanted version is reported. Default 30 min.</summary>
    [Id(8)] public TimeSpan Verify { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>For the device to say that it stopped. Default 24 h.</summary>
    [Id(9)] public TimeSpan Cancel { get; init; } = TimeSpan.FromHours(24);

    /// <summary>For each try to go back. Default 1 h.</summary>
    [Id(10)] public TimeSpan RollBack { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>When a device that runs the wanted version counts as well.</summary>
[GenerateSerializer, Immutable, Alias("muster.HealthRule")]
public sealed record HealthRule
{
    /// <summary>No soak: the wanted version is enough.</summary>
    public static HealthRule None { get; } = new();

    /// <summary>How long it is watched. Default 0.</summary>
    [Id(0)] public TimeSpan Soak { get; init; }

    /// <summary>The longest silence while it is watched; null for any.</summary>
    [Id(1)] public TimeSpan? Heartbeat { get; init; }

    /// <summary>How often it may restart while it is watched (<c>reported.deviceHealth.restartCount</c>); null for any.</summary>
    [Id(2)] public int? MaxRestarts { get; init; }

    /// <summary>Where telemetry values must lie that came since the soak began. One that has not come is waited for until the soak is over.</summary>
    [Id(3)] public ImmutableArray<TelemetryBound> Bounds { get; init; } = [];

    /// <summary>How many looks in a row may find it unwell, 1 to 100. Default 3.</summary>
    [Id(4)] public int Tolerance { get; init; } = 3;
}

/// <summary>Where the last value of a telemetry field must lie, ends included; null for no end. A value that is no number opens no gate, and counts as not come in a soak.</summary>
[GenerateSerializer, Immutable, Alias("muster.TelemetryBound")]
public sealed record TelemetryBound
{
    [Id(0)] public required string Field { get; init; }

    [Id(1)] public double? Min { get; init; }

    [Id(2)] public double? Max { get; init; }
}

/// <summary>Which failures are tried again.</summary>
[GenerateSerializer, Immutable, Alias("muster.RetryRule")]
public sealed record RetryRule
{
    public static RetryRule None { get; } = new();

    /// <summary>Tries after the first, 0 to 10. Default 0.</summary>
    [Id(0)] public int Max { get; init; }

    /// <summary>Before the first retry; doubles with each. Default 1 min.</summary>
    [Id(1)] public TimeSpan Backoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Reasons such as <c>DownloadTimeout</c>; empty for every one that leaves the device as it was.</summary>
    [Id(2)] public ImmutableArray<string> Reasons { get; init; } = [];
}

/// <summary>When devices may install: a recurrence rule (RFC 5545) by the device's own clock.</summary>
[GenerateSerializer, Immutable, Alias("muster.MaintenanceWindow")]
public sealed record MaintenanceWindow
{
    /// <summary>Such as <c>FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=2;BYMINUTE=0;BYSECOND=0</c>, of days or longer; each occurrence opens the window.</summary>
    [Id(0)] public required string Rule { get; init; }

    /// <summary>How long it stays open, 1 min to 7 days.</summary>
    [Id(1)] public required TimeSpan Duration { get; init; }

    /// <summary>IANA name of the time zone of devices without <see cref="TimeZoneTag"/>. Default UTC.</summary>
    [Id(2)] public string TimeZone { get; init; } = "UTC";

    /// <summary>The tag that holds a device's time zone, e.g. <c>timeZone</c> or <c>place.timeZone</c>; null for none.</summary>
    [Id(3)] public string? TimeZoneTag { get; init; }
}

/// <summary>A time in which nothing is installed, UTC.</summary>
[GenerateSerializer, Immutable, Alias("muster.Blackout")]
public sealed record Blackout
{
    [Id(0)] public required DateTimeOffset From { get; init; }

    [Id(1)] public required DateTimeOffset Until { get; init; }

    [Id(2)] public string? Why { get; init; }
}

/// <summary>Keeps a rollout's <see cref="DevicePlan"/>. Key: the rollout's id.</summary>
[Alias("muster.IDevicePlanGrain")]
public interface IDevicePlanGrain : IGrainWithStringKey
{
    /// <summary>Null if there is none.</summary>
    [Alias("Get"), ReadOnly, AlwaysInterleave]
    ValueTask<DevicePlan?> GetAsync();

    /// <summary>Keeps the plan durably. Idempotent; a second, other plan is refused.</summary>
    /// <returns>False if another plan stands there.</returns>
    [Alias("Put")]
    Task<bool> PutAsync(DevicePlan plan);
}
