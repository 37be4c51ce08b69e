using System.Collections.Immutable;
using Muster.Devices;
using Muster.Query;

namespace Muster.Updates;

/// <summary>
/// Every transition of every device's update. Written with the row that it belongs to, in the same commit (see <see cref="DeviceState.Steps"/>); read here. A step
/// that is there is never changed. Thread-safe.
/// </summary>
public interface IUpdateHistory
{
    /// <summary>A device's steps, newest first.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="before">Only those of a smaller sequence number; <see cref="long.MaxValue"/> for the newest.</param>
    /// <param name="limit">How many at most, 1 to 1000.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int limit, CancellationToken cancellationToken);

    /// <summary>A rollout's steps in the order in which they were written.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="after">The position of the last one of the page before; 0 for the first page.</param>
    /// <param name="limit">How many at most, 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<ImmutableArray<WrittenStep>> ReadRolloutAsync(string rollout, long after, int limit, CancellationToken cancellationToken);
}

/// <summary>A step where it stands. On PostgreSQL positions of one moment may be seen out of order.</summary>
public readonly record struct WrittenStep(long Position, string DeviceId, UpdateStep Step);

/// <summary>
/// Members of rollouts: work list, progress and audit at once. A member's row is moved by the device's own commit (see <see cref="DeviceState.Steps"/>), and by what a
/// rollout does with those that no device has taken up yet. Everything here is durable before it completes. Thread-safe.
/// </summary>
public interface IRolloutTargets
{
    /// <summary>Makes the caller the rollout's only coordinator: what earlier ones still try is refused.</summary>
    /// <returns>Its term, above every earlier one.</returns>
    Task<long> ClaimAsync(string rollout, CancellationToken cancellationToken);

    /// <summary>Adds members as Planned; those that are there stay as they are. Idempotent.</summary>
    /// <exception cref="StaleTermException">Another coordinator claimed the rollout.</exception>
    Task AddAsync(RolloutTerm term, IReadOnlyList<NewTarget> targets, CancellationToken cancellationToken);

    /// <summary>Members of a group that wait, by position: planned ones, or ones whose devices wait for room (<see cref="UpdateStep.IsReady"/> and not granted).</summary>
    Task<ImmutableArray<WaitingTarget>> ReadWaitingAsync(string rollout, WaitingPage page, CancellationToken cancellationToken);

    /// <summary>
    /// Planned members become Eligible with their next epoch, granted or not; of those that are ready, room is granted. Members that moved meanwhile are passed over.
    /// </summary>
    /// <returns>The members that were moved, with the epoch that they are at.</returns>
    /// <exception cref="StaleTermException">Another coordinator claimed the rollout.</exception>
    Task<ImmutableArray<AdmittedTarget>> AdmitAsync(RolloutTerm term, IReadOnlyList<string> deviceIds, Admission admission, CancellationToken cancellationToken);

    /// <summary>Members that were admitted and whose devices have not taken it up (no step of this epoch was written), by id: they are told again.</summary>
    Task<ImmutableArray<WaitingTarget>> ReadUntoldAsync(string rollout, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Ends members that no device has taken up: the planned ones, or those given by id. Others are passed over.</summary>
    /// <returns>How many ended.</returns>
    /// <exception cref="StaleTermException">Another coordinator claimed the rollout.</exception>
    Task<int> EndAsync(RolloutTerm term, TargetEnd end, CancellationToken cancellationToken);

    /// <summary>How many members there are of each kind.</summary>
    Task<ImmutableArray<TargetCount>> CountAsync(string rollout, CancellationToken cancellationToken);

    /// <summary>Granted members that are not final, by site: what the disruption budget is counted by.</summary>
    Task<ImmutableArray<SiteCount>> CountSitesAsync(string rollout, CancellationToken cancellationToken);

    /// <summary>A page of members by id.</summary>
    Task<ImmutableArray<TargetRow>> ListAsync(string rollout, TargetPage page, CancellationToken cancellationToken);

    /// <summary>How many of the devices other rollouts hold that are not final, per rollout.</summary>
    Task<ImmutableArray<(string Rollout, int Devices)>> CountHeldAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken);

    /// <summary>The memberships of one device that are not final, by rollout, at most <paramref name="limit"/>.</summary>
    Task<ImmutableArray<(string Rollout, TargetRow Member)>> ReadHeldAsync(string deviceId, int limit, CancellationToken cancellationToken);

    /// <summary>A page of the devices (no modules) that fulfil a condition, by id, with what a plan looks at.</summary>
    /// <exception cref="QueryException">The condition asks for what cannot be compiled.</exception>
    Task<ImmutableArray<TargetCandidate>> FindAsync(TwinQuery query, CandidatePage page, CancellationToken cancellationToken);
}

/// <param name="Rollout">The rollout.</param>
/// <param name="Term">From <see cref="IRolloutTargets.ClaimAsync"/>.</param>
public readonly record struct RolloutTerm(string Rollout, long Term);

/// <summary>Another coordinator has claimed the rollout; nothing was written. The activation is to go.</summary>
public sealed class StaleTermException(string rollout) : Exception($"Another coordinator leads the rollout {rollout}.");

/// <param name="Position">In which order its group admits it; from 0.</param>
/// <param name="Release">A release of its own; null for the rollout's.</param>
public readonly record struct NewTarget(string DeviceId, int Group, long Position, string Site, string? Release);

/// <param name="IsReady">True: those whose devices wait for room; false: planned ones.</param>
/// <param name="After">The position of the last one of the page before; -1 for the first page.</param>
public readonly record struct WaitingPage(int Group, bool IsReady, long After, int Limit);

/// <param name="Epoch">That it is at; 0 before it was ever admitted.</param>
public readonly record struct WaitingTarget(string DeviceId, int Group, long Position, string Site, int Epoch, string? Release, bool IsGranted);

/// <summary>What admitting does.</summary>
public enum Admission
{
    /// <summary>Planned → Eligible; the device asks for room when it needs it.</summary>
    WithoutRoom,

    /// <summary>Planned → Eligible, with room.</summary>
    WithRoom,

    /// <summary>Ready members get room.</summary>
    Room,
}

public readonly record struct AdmittedTarget(string DeviceId, int Group, string Site, int Epoch, string? Release);

/// <param name="DeviceIds">Null: all planned ones of the rollout. Given: those, planned or Eligible, that no device has taken up.</param>
/// <param name="To">A final status.</param>
/// <param name="Reason">One word.</param>
public readonly record struct TargetEnd(IReadOnlyList<string>? DeviceIds, UpdateStatus To, string Reason);

/// <param name="Attempted">Of these, how many have fetched the deployment at least once.</param>
/// <param name="Ready">Of these, how many wait for nothing but room.</param>
public readonly record struct TargetCount(int Group, UpdateStatus Status, bool IsGranted, string? Reason, int Members, int Attempted, int Ready);

public readonly record struct SiteCount(string Site, int Granted);

public readonly record struct TargetRow(
    string DeviceId, int Group, string Site, UpdateStatus Status, int Attempt, int Epoch, bool IsGranted, bool WasAttempted, string? Reason, string? Release, DateTimeOffset? ChangedAt);

/// <param name="Status">Only members that stand there; null for all.</param>
/// <param name="After">The last id of the page before; null for the first page.</param>
public readonly record struct TargetPage(UpdateStatus? Status, string? After, int Limit);

/// <param name="SiteTag">Path below <c>tags</c>, e.g. <c>place.plant</c>; null: every device is of the site of the empty text.</param>
/// <param name="ExcludeTag">Path below <c>tags</c>; null: no device is excluded.</param>
/// <param name="GroupConditions">Conditions (parsed queries) of which <see cref="TargetCandidate.Group"/> is the first fulfilled; empty for none.</param>
/// <param name="DeviceIds">Only these; null for all.</param>
/// <param name="After">The last id of the page before; null for the first page.</param>
public sealed record CandidatePage(
    string? SiteTag, string? ExcludeTag, ImmutableArray<TwinQuery> GroupConditions, IReadOnlyList<string>? DeviceIds, string? After, int Limit);

/// <summary>A device that a rollout could have as a member. Facts are <c>properties.reported.deviceInformation</c>'s; null where there are none.</summary>
/// <param name="Group">Index of the first of <see cref="CandidatePage.GroupConditions"/> that it fulfils; -1 if none.</param>
public readonly record struct TargetCandidate(
    string DeviceId, string Site, bool IsExcluded, string? Model, string? HardwareRevision, string? SoftwareVersion, int Group);
