using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Gates;
using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>
/// A device's update as its row has it, in JSON: the one under way or last finished, and what outlives it. Members are stored by name; one that was added later has its
/// initializer's value where an older program wrote. Never changed.
/// </summary>
internal sealed record DeviceUpdate
{
    public string Rollout { get; init; } = "";

    public int Group { get; init; }

    /// <summary>The assignment's, see <see cref="UpdateAssignment.Epoch"/>.</summary>
    public int Epoch { get; init; }

    public int Priority { get; init; }

    /// <summary>What this rollout brings.</summary>
    public string Release { get; init; } = "";

    public string Version { get; init; } = "";

    public UpdateStatus Status { get; init; } = UpdateStatus.Planned;

    public DateTimeOffset Since { get; init; }

    /// <summary>When the status ends by itself; null for a final one.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>When to look again although nothing happened, before <see cref="Deadline"/>; null for never.</summary>
    public DateTimeOffset? LookAt { get; init; }

    /// <summary>Tries of this assignment, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Of the deployment that the agent is shown, now or last.</summary>
    public int WireId { get; init; }

    /// <summary>How it talked last.</summary>
    public UpdateAgent Agent { get; init; } = UpdateAgent.Twin;

    public bool IsGranted { get; init; }

    public bool IsReady { get; init; }

    /// <summary>One word; null unless it ended otherwise than well, or is about to.</summary>
    public string? Reason { get; init; }

    /// <summary>Of the last step; rises over all updates of the device.</summary>
    public long Sequence { get; init; }

    /// <summary>What the device said that it ran before this update; null if it said nothing.</summary>
    public string? VersionBefore { get; init; }

    /// <summary>Of the download, 0 to 100.</summary>
    public int? Percent { get; init; }

    /// <summary>How often an offer that was fetched and not followed up was made again.</summary>
    public int Reoffers { get; init; }

    /// <summary>True once the agent said that it is done with the new software.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>True once the device has said what it runs since it is to go back.</summary>
    public bool HasToldVersion { get; init; }

    /// <summary>
    /// True of a device that fell silent behind the begin of its install, until it says what it runs; outlives the update. What it said before is no reason to take it for
    /// current.
    /// </summary>
    public bool IsInDoubt { get; init; }

    /// <summary>Restarts that the device had counted when the soak began.</summary>
    public int RestartsBefore { get; init; }

    /// <summary>Looks in a row that found it unwell.</summary>
    public int Unwell { get; init; }

    /// <summary>Where it stood when it was told to stop.</summary>
    public UpdateStatus? StoppedAt { get; init; }

    public WayBack? Back { get; init; }

    /// <summary>The release that it ran before this update, which it goes back to; null if none is known.</summary>
    public string? Before { get; init; }

    /// <summary>The release that was last verified on this device; outlives the update.</summary>
    public string? Good { get; init; }

    /// <summary>Until an operator releases it, no rollout touches the device.</summary>
    public bool IsQuarantined { get; init; }

    /// <summary>What an operator holds back.</summary>
    public PauseLevel Hold { get; init; }

    /// <summary>Reports without effect that were recorded of this assignment.</summary>
    public int Strays { get; init; }

    /// <summary>Reports of its log that were recorded of this assignment.</summary>
    public int Logs { get; init; }

    /// <summary>What the desired properties say of the deployment, see <c>TwinChannel.SignOf</c>; null if they say nothing.</summary>
    public string? Told { get; init; }

    /// <summary>The gates that it came to; null for none. Those that were asked are told when it is over, and stand here until they have heard.</summary>
    public ImmutableArray<GateState>? Gates { get; init; }

    [JsonIgnore]
    public bool IsFinal => Status.IsFinal();

    /// <summary>True once nothing that happens to the device is news for it.</summary>
    [JsonIgnore]
    public bool IsOver => IsFinal && Gates is null && !IsInDoubt;

    /// <summary>When the device has to be looked at; null for never.</summary>
    [JsonIgnore]
    public DateTimeOffset? Due
    {
        get
        {
            var due = LookAt is { } look && !(Deadline <= look) ? look : Deadline;
            return Gates is { } gates && gates.Min(static gate => gate.Due) is { } gate && !(due <= gate) ? gate : due;
        }
    }

    /// <summary>The release that the agent is shown: the one to go back to, while it goes back.</summary>
    [JsonIgnore]
    public string Wanted => Status == UpdateStatus.RollingBack && Back is { } back ? back.Release : Release;

    public static DeviceUpdate? Read(byte[]? json) => json is null ? null : JsonSerializer.Deserialize(json, DeviceUpdateJson.Default.DeviceUpdate);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DeviceUpdateJson.Default.DeviceUpdate);
}

/// <summary>What a device that goes back goes back to.</summary>
/// <param name="Release">The release's id.</param>
/// <param name="Version">That it has to report.</param>
/// <param name="IsGolden">False for what it ran before.</param>
/// <param name="Tries">Including this one.</param>
internal sealed record WayBack(string Release, string Version, bool IsGolden, int Tries);

[JsonSerializable(typeof(DeviceUpdate))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
internal sealed partial class DeviceUpdateJson : JsonSerializerContext;
