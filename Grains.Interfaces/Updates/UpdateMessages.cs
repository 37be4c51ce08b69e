using System.Collections.Immutable;
using Muster.Gates;

namespace Muster.Updates;

/// <summary>A member of a rollout is told that its turn has come. Idempotent by rollout and <see cref="Epoch"/>.</summary>
[GenerateSerializer, Immutable, Alias("muster.UpdateAssignment")]
public sealed record UpdateAssignment
{
    [Id(0)] public required string Rollout { get; init; }

    [Id(1)] public required int Group { get; init; }

    /// <summary>What the device is to run: a release's id. In a rollout that rolls back it differs from device to device.</summary>
    [Id(2)] public required string Release { get; init; }

    /// <summary>Raised each time the member is assigned anew; from 1.</summary>
    [Id(3)] public required int Epoch { get; init; }

    /// <summary>True if room under the rollout's limits was already taken for it: it need not ask before it is offered.</summary>
    [Id(4)] public required bool IsGranted { get; init; }

    /// <summary>0 to 1000; a higher one supersedes a lower one that has not begun to install.</summary>
    [Id(5)] public required int Priority { get; init; }

    /// <summary>True for a rollout that takes devices back.</summary>
    [Id(6)] public bool IsRollback { get; init; }
}

/// <summary>How a device took an assignment.</summary>
[GenerateSerializer, Immutable, Alias("muster.AssignReply")]
public abstract record AssignReply
{
    private AssignReply() { }

    /// <summary>It stands where <paramref name="Status"/> says, by this call or an earlier one.</summary>
    [GenerateSerializer, Immutable, Alias("muster.AssignReply.Taken")]
    public sealed record Taken([property: Id(0)] UpdateStatus Status) : AssignReply;

    /// <summary>Another rollout, <paramref name="Rollout"/>, holds the device; ask again later.</summary>
    [GenerateSerializer, Immutable, Alias("muster.AssignReply.Busy")]
    public sealed record Busy([property: Id(0)] string Rollout) : AssignReply;

    /// <summary>The id is not registered.</summary>
    [GenerateSerializer, Immutable, Alias("muster.AssignReply.Unknown")]
    public sealed record Unknown : AssignReply;
}

/// <summary>The agent that a device updates itself with. Stored; append only.</summary>
public enum UpdateAgent : int
{
    /// <summary>The device twin's component <c>deviceUpdate</c>.</summary>
    Twin = 1,

    /// <summary>SWUpdate in suricatta mode, over DDI.</summary>
    SwUpdate = 2,

    /// <summary>rauc-hawkbit-updater, over DDI.</summary>
    Rauc = 3,

    /// <summary>mender-client 3.x.</summary>
    Mender = 4,

    /// <summary>A program that calls the device's grain itself.</summary>
    Direct = 5,
}

/// <summary>What an agent says of an update. Stored in the history by name; append only.</summary>
public enum AgentEvent : int
{
    /// <summary>It has fetched the deployment.</summary>
    Fetched = 1,
    Downloading = 2,
    Downloaded = 3,
    Installing = 4,
    Installed = 5,
    Rebooting = 6,

    /// <summary>The new software runs, not yet committed (Mender's second <c>installing</c>, the twin's <c>confirming</c>).</summary>
    Confirming = 7,

    /// <summary>Done, as far as the agent knows; what that means is the agent's (see <see cref="UpdateAgent"/>).</summary>
    Succeeded = 8,
    Failed = 9,

    /// <summary>It stopped, as it was told to.</summary>
    Canceled = 10,

    /// <summary>Told to stop, it goes on.</summary>
    CancelRejected = 11,

    /// <summary>It ended the deployment without doing anything (SWUpdate's "Skipped Update.").</summary>
    Skipped = 12,

    /// <summary>It ran the version before (Mender's <c>already-installed</c>).</summary>
    AlreadyInstalled = 13,

    /// <summary>A line of its log, in <see cref="AgentReport.Message"/>; moves nothing.</summary>
    Log = 14,
}

/// <summary>Something that an agent says of the update that it is at. May be lost, late and said twice.</summary>
[GenerateSerializer, Immutable, Alias("muster.AgentReport")]
public sealed record AgentReport
{
    /// <summary>Longer messages are cut.</summary>
    public const int MaxMessageLength = 1024;

    /// <summary>The update's number on the wire, 1 to 2147483647.</summary>
    [Id(0)] public required int WireId { get; init; }

    [Id(1)] public required AgentEvent Event { get; init; }

    [Id(2)] public required UpdateAgent Agent { get; init; }

    /// <summary>Of the download, 0 to 100; null if it does not say.</summary>
    [Id(3)] public int? Percent { get; init; }

    /// <summary>In the agent's own words; null if it does not say.</summary>
    [Id(4)] public string? Message { get; init; }

    /// <summary>The agent's own code of a failure; null if it does not say.</summary>
    [Id(5)] public string? Code { get; init; }
}

/// <summary>What became of an agent's report.</summary>
[GenerateSerializer, Immutable, Alias("muster.UpdateReply")]
public abstract record UpdateReply
{
    private UpdateReply() { }

    /// <summary>It was taken: the update stands at <paramref name="Status"/>. A repeated one is taken and changes nothing.</summary>
    [GenerateSerializer, Immutable, Alias("muster.UpdateReply.Accepted")]
    public sealed record Accepted([property: Id(0)] UpdateStatus Status) : UpdateReply;

    /// <summary>Recorded, without effect: it speaks of an update that is over.</summary>
    [GenerateSerializer, Immutable, Alias("muster.UpdateReply.Late")]
    public sealed record Late([property: Id(0)] UpdateStatus Status) : UpdateReply;

    /// <summary>The device has, and had, no such update; nothing is recorded.</summary>
    [GenerateSerializer, Immutable, Alias("muster.UpdateReply.Unknown")]
    public sealed record Unknown : UpdateReply;

    /// <summary>Recorded, without effect: it cannot follow on <paramref name="Status"/>.</summary>
    [GenerateSerializer, Immutable, Alias("muster.UpdateReply.Refused")]
    public sealed record Refused([property: Id(0)] UpdateStatus Status) : UpdateReply;
}

/// <summary>How far an agent may go without asking again. Ordered.</summary>
public enum UpdatePermit : int
{
    None = 0,
    Download = 1,
    Install = 2,
    Reboot = 3,
    Commit = 4,
}

/// <summary>What a device's agent is shown when it asks: computed from the record each time, so that no crash loses or doubles it.</summary>
[GenerateSerializer, Immutable, Alias("muster.AgentOffer")]
public sealed record AgentOffer
{
    [Id(0)] public required int WireId { get; init; }

    [Id(1)] public required UpdateStatus Status { get; init; }

    [Id(2)] public required UpdatePermit Permit { get; init; }

    /// <summary>True if the agent is to stop.</summary>
    [Id(3)] public required bool IsCancel { get; init; }

    /// <summary>
    /// True if the agent is to go back to what it had although it could commit (Mender's 409 before the commit): its health was found wanting, or the
    /// rollout rolls back.
    /// </summary>
    [Id(4)] public required bool MustRollBack { get; init; }

    [Id(5)] public required PlannedRelease Release { get; init; }

    /// <summary>True for a deployment that takes the device back.</summary>
    [Id(6)] public bool IsRollback { get; init; }
}

/// <summary>One transition of a device's update, as the history has it. Never changed once it is there.</summary>
[GenerateSerializer, Immutable, Alias("muster.UpdateStep")]
public sealed record UpdateStep
{
    /// <summary>Longer evidence is cut.</summary>
    public const int MaxEvidenceLength = 2048;

    /// <summary>From 1, rising, over all updates of the device.</summary>
    [Id(0)] public required long Sequence { get; init; }

    [Id(1)] public required string Rollout { get; init; }

    [Id(2)] public required int Group { get; init; }

    /// <summary>From 1; a retry is another.</summary>
    [Id(3)] public required int Attempt { get; init; }

    /// <summary>Equal to <see cref="To"/> for what was recorded and moved nothing.</summary>
    [Id(4)] public required UpdateStatus From { get; init; }

    [Id(5)] public required UpdateStatus To { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(6)] public required DateTimeOffset At { get; init; }

    /// <summary>What brought it about, one word such as <c>Downloaded</c> or <c>DeadlinePassed</c>.</summary>
    [Id(7)] public required string Trigger { get; init; }

    /// <summary>Who: <c>device</c>, <c>engine</c>, <c>rollout</c>, or a principal's name.</summary>
    [Id(8)] public required string Actor { get; init; }

    /// <summary>Why, or what was said, at most <see cref="MaxEvidenceLength"/> characters; null if there is nothing to say.</summary>
    [Id(9)] public string? Evidence { get; init; }

    /// <summary>Raised each time the member is assigned.</summary>
    [Id(10)] public int Epoch { get; init; }

    /// <summary>The release that this attempt installs.</summary>
    [Id(11)] public string? Release { get; init; }

    /// <summary>True while room under the rollout's limits is held.</summary>
    [Id(12)] public bool IsGranted { get; init; }

    /// <summary>True while the device waits for nothing but such room.</summary>
    [Id(13)] public bool IsReady { get; init; }

    /// <summary>Why it ended, one word such as <c>DownloadTimeout</c>; null before.</summary>
    [Id(14)] public string? Reason { get; init; }
}

/// <summary>A device's update under way or last finished.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeviceUpdateView")]
public sealed record DeviceUpdateView
{
    [Id(0)] public required string Rollout { get; init; }

    [Id(1)] public required int Group { get; init; }

    [Id(2)] public required string Release { get; init; }

    [Id(3)] public required string Version { get; init; }

    [Id(4)] public required UpdateStatus Status { get; init; }

    /// <summary>UTC, the silo's clock.</summary>
    [Id(5)] public required DateTimeOffset Since { get; init; }

    /// <summary>When the status ends by itself; null for a final one.</summary>
    [Id(6)] public DateTimeOffset? Deadline { get; init; }

    [Id(7)] public required int Attempt { get; init; }

    [Id(8)] public required int WireId { get; init; }

    /// <summary>One word; null unless it ended otherwise than well.</summary>
    [Id(9)] public string? Reason { get; init; }

    /// <summary>Why the device is not up to date, or what it waits for, one sentence each, the most important first; empty if it is.</summary>
    [Id(10)] public ImmutableArray<string> Because { get; init; } = [];

    /// <summary>Of the download, 0 to 100; null if the agent does not say.</summary>
    [Id(11)] public int? Percent { get; init; }

    [Id(12)] public int Epoch { get; init; }

    /// <summary>What the device runs, as it says; null if it never did.</summary>
    [Id(13)] public string? RunningVersion { get; init; }

    /// <summary>The release that it goes back to if this one fails; null if none is known.</summary>
    [Id(14)] public string? LastKnownGood { get; init; }

    /// <summary>The gates that it came to, in the order of the plan.</summary>
    [Id(15)] public ImmutableArray<GateView> Gates { get; init; } = [];
}
