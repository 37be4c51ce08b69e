using System.Collections.Immutable;
using Muster.Updates;
using Orleans.Concurrency;

namespace Muster.Rollouts;

/// <summary>
/// One rollout: what was planned and approved, which group is open, and how far it got. Key: its id. Who acts is named in every change; changes are answered
/// once they are durable. <c>ifMatch</c> is the etag that must still hold; null or <c>*</c> for any.
/// </summary>
[Alias("muster.IRolloutGrain")]
public interface IRolloutGrain : IGrainWithStringKey
{
    /// <summary>Writes the draft. Refused: RolloutAlreadyExists, ReleaseNotFound, ArgumentInvalid (with the path of each wrong field; ids that end in <c>-rollback</c> are not to be had).</summary>
    [Alias("Create")]
    Task<RolloutReply> CreateAsync(RolloutSpec spec, string author);

    /// <summary>Refused: RolloutNotFound.</summary>
    [Alias("Get")]
    Task<RolloutReply> GetAsync();

    /// <summary>Replaces the plan of a rollout that was not started; approvals that were given are void, and it is a draft again.</summary>
    /// <returns>Refused: RolloutNotFound, PreconditionFailed, ArgumentInvalid, RolloutStateInvalid.</returns>
    [Alias("Update")]
    Task<RolloutReply> UpdateAsync(RolloutSpec spec, string author, string? ifMatch);

    /// <summary>Finds what the rollout would do. Changes nothing.</summary>
    /// <param name="pageSize">Devices in the page, 0 to 1000.</param>
    /// <param name="continuation">From the page before; null for the first.</param>
    [Alias("Plan")]
    Task<PlanReply> PlanAsync(int pageSize, string? continuation);

    /// <summary>Draft → InReview, or Approved where nobody has to approve.</summary>
    [Alias("Submit")]
    Task<RolloutReply> SubmitAsync(string actor, string? ifMatch);

    /// <summary>One decision of the approval chain, on the plan of this hash. Idempotent by principal and step.</summary>
    /// <returns>Refused: RolloutStateInvalid, PlanChanged, NotYourTurn (role, author, or already decided otherwise).</returns>
    [Alias("Decide")]
    Task<RolloutReply> DecideAsync(string principal, ImmutableArray<string> roles, string planHash, bool isApproved, string? comment);

    /// <summary>Approved → Scheduled or Starting, by an operator who is not its author. Idempotent.</summary>
    /// <returns>
    /// Refused: RolloutNotFound, PreconditionFailed, RolloutStateInvalid, NotYourTurn, ReleaseNotFound, PlanChanged, ArgumentInvalid (its time is over, no device fulfils the
    /// condition, or its plan is of rules that are refused by now), TooManyRollouts, ReleasePinned (as many rollouts hold the release as may).
    /// </returns>
    [Alias("Start")]
    Task<RolloutReply> StartAsync(string actor, string? ifMatch);

    [Alias("Pause")]
    Task<RolloutReply> PauseAsync(string actor, PauseLevel level, string? ifMatch);

    /// <summary>Paused or Holding → Running; also lets the next group open where one paused after its end.</summary>
    [Alias("Resume")]
    Task<RolloutReply> ResumeAsync(string actor, string? ifMatch);

    [Alias("Abort")]
    Task<RolloutReply> AbortAsync(string actor, string reason, string? ifMatch);

    /// <summary>Takes the devices that were touched back, in reverse order of the groups, by a rollout of its own.</summary>
    [Alias("RollBack")]
    Task<RolloutReply> RollBackAsync(string actor, string reason, string? ifMatch);

    /// <summary>A rollout that was not started is put away for good.</summary>
    [Alias("Withdraw")]
    Task<RolloutReply> WithdrawAsync(string actor, string? ifMatch);

    /// <summary>A page of the members by id; <paramref name="status"/> null for all.</summary>
    /// <param name="status">Only members that stand there.</param>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    /// <param name="max">1 to 1000.</param>
    [Alias("ListMembers")]
    Task<ImmutableArray<RolloutMember>> ListMembersAsync(UpdateStatus? status, string? after, int max);

    /// <summary>
    /// Looks what is due: admits, counts, opens the next group, gives up an approval that did not come in time, has one given anew that nobody used. Called about once a second for each live
    /// rollout, when an approval is due, and after a restart. Idempotent.
    /// </summary>
    /// <returns>False once nothing more can become due: it need not be called any more.</returns>
    [Alias("Tick")]
    Task<bool> TickAsync();

    /// <summary>Members of one silo moved. What is lost is found by the next count.</summary>
    [Alias("OnProgress")]
    Task OnProgressAsync(ProgressBatch batch);
}

/// <summary>What moved, of one rollout, on one silo.</summary>
/// <param name="Silo">The silo's stable name.</param>
/// <param name="Sequence">Rising per silo and rollout, from the silo's start in ticks; a batch that comes twice is known by it.</param>
/// <param name="Items">In the order in which they became durable, per device.</param>
[GenerateSerializer, Immutable, Alias("muster.ProgressBatch")]
public sealed record ProgressBatch(
    [property: Id(0)] string Silo, [property: Id(1)] long Sequence, [property: Id(2)] ImmutableArray<ProgressItem> Items);

/// <summary>One member moved.</summary>
[GenerateSerializer, Immutable, Alias("muster.ProgressItem")]
public readonly record struct ProgressItem
{
    [Id(0)] public required string DeviceId { get; init; }

    [Id(1)] public required int Group { get; init; }

    [Id(2)] public required UpdateStatus From { get; init; }

    [Id(3)] public required UpdateStatus To { get; init; }

    /// <summary>True while room under the limits is held, after the move.</summary>
    [Id(4)] public required bool IsGranted { get; init; }

    /// <summary>True while it waits for nothing but such room, after the move.</summary>
    [Id(5)] public required bool IsReady { get; init; }

    [Id(6)] public required int Epoch { get; init; }

    /// <summary>Null unless it ended otherwise than well.</summary>
    [Id(7)] public string? Reason { get; init; }
}

/// <summary>The rollouts there are. Key: 0.</summary>
[Alias("muster.IRolloutsGrain")]
public interface IRolloutsGrain : IGrainWithIntegerKey
{
    /// <summary>A page of rollouts, newest first.</summary>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    /// <param name="max">1 to 100.</param>
    [Alias("List"), ReadOnly, AlwaysInterleave]
    Task<ImmutableArray<RolloutView>> ListAsync(string? after, int max);

    /// <summary>Remembers a rollout, before it is first written; of 2,000 the oldest that is not live is forgotten, which can still be asked for by its id. Idempotent.</summary>
    [Alias("Add")]
    Task AddAsync(string rollout);

    /// <summary>Remembers a rollout as live, before it starts, so that it goes on after a restart. Idempotent.</summary>
    /// <returns>False where as many are live as may be.</returns>
    [Alias("Wake")]
    Task<bool> WakeAsync(string rollout);

    /// <summary>As <see cref="WakeAsync"/>, for a rollout that takes devices back or has them taken back: twice as many may be live before it has to wait.</summary>
    /// <returns>False where as many are live as may be.</returns>
    [Alias("WakeUrgently")]
    Task<bool> WakeUrgentlyAsync(string rollout);

    /// <summary>
    /// Has <see cref="IRolloutGrain.TickAsync"/> called once that time has come, after a restart too, though the rollout is not live. Of several times that are still to come
    /// the earliest is kept: who is called too early asks anew. Idempotent. Of 2,000 rollouts that wait, those that come later are not called by themselves.
    /// </summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="at">UTC, the silo's clock.</param>
    [Alias("Expect")]
    Task ExpectAsync(string rollout, DateTimeOffset at);

    /// <summary>Sees that every live rollout goes on. Called about once a second by each silo.</summary>
    [Alias("Tick")]
    Task TickAsync();
}
