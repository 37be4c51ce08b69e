using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Devices;
using Muster.Errors;
using Muster.Gates;
using Muster.Storage;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>
/// Coordinates a rollout. What it decides on is in its document and in the members' rows; what it keeps besides may be lost at any time. Its turns are short: work that
/// goes on is taken up again after whoever waits has had a turn.
/// </summary>
[GrainType("rollout")]
internal sealed partial class RolloutGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<RolloutState> storage,
    [PersistentState("gates", StorageNames.Documents)] IPersistentState<RolloutGatesState> gateStorage,
    RolloutServices services,
    ILogger<RolloutGrain> logger)
    : Grain, IRolloutGrain, IRollbackGrain, IRolloutGatesGrain, IStoreCaller
{
    private RolloutState state = new();
    private RolloutTerm? term;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        state = storage.RecordExists ? storage.State : state;
        gates = gateStorage.RecordExists ? gateStorage.State : gates;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        isGone = true;
        return Task.CompletedTask;
    }

    public async Task<RolloutReply> GetAsync() => storage.RecordExists ? new RolloutReply.Found(await ViewAsync()) : new RolloutReply.Refused(NotFound);

    public async Task<ImmutableArray<RolloutMember>> ListMembersAsync(UpdateStatus? status, string? after, int max)
    {
        var rows = await services.Targets.ListAsync(Id, new TargetPage(status, after, Math.Clamp(max, 1, 1000)), CancellationToken.None);
        return
        [
            .. rows.Select(static row => new RolloutMember
            {
                DeviceId = row.DeviceId,
                Group = row.Group,
                Status = row.Status,
                Attempt = row.Attempt,
                Reason = row.Reason,
                Site = row.Site,
                ChangedAt = row.ChangedAt,
            }),
        ];
    }

    private string Id => this.GetPrimaryKeyString();

    private RolloutOptions Settings => services.Settings;

    private IRolloutTargets Targets => services.Targets;

    private DateTimeOffset Now => services.Clock.GetUtcNow();

    private Refusal NotFound => new(HubErrorCode.RolloutNotFound, $"The rollout {Id} was not found.");

    private IRolloutsGrain Rollouts => GrainFactory.GetGrain<IRolloutsGrain>(0);

    private ImmutableArray<GroupSpec> Groups => GroupSplit.Of(state.Spec);

    private async Task<RolloutTerm> LeadAsync() => term ??= new RolloutTerm(Id, await Targets.ClaimAsync(Id, CancellationToken.None));

    /// <summary>What a principal does: on a rollout that is there, as the principal saw it.</summary>
    private async Task<RolloutReply> ActAsync(string? ifMatch, Func<Task<Refusal?>> act)
    {
        if (!storage.RecordExists)
        {
            return new RolloutReply.Refused(NotFound);
        }

        await LapseAsync();
        if (!ETags.Matches(ifMatch, state.ETag))
        {
            return new RolloutReply.Refused(Refusals.Changed($"The rollout {Id} was changed; its etag is {state.ETag} now."));
        }

        return await act() is { } why ? new RolloutReply.Refused(why) : new RolloutReply.Found(await ViewAsync());
    }

    /// <summary>Follows the machine; what is moved is durable when it returns.</summary>
    /// <returns>Why not; null if it stands there now, by this call or an earlier one.</returns>
    private async Task<Refusal?> MoveAsync(RolloutSignal signal, Because because, Func<RolloutState, RolloutState>? change = null)
    {
        switch (RolloutMachine.Next(state.Status, signal))
        {
            case RolloutMove.Moved moved:
                var from = state.Status;
                var next = state with { Status = moved.To, Since = Now, Because = because.Text };
                await SaveAsync(Recorded(change is null ? next : change(next), (from.ToString(), moved.To.ToString()), signal.ToString(), because));
                services.Instruments.OnMoved(moved.To);
                LogMoved(Id, from, moved.To, because.Actor, because.Text);
                Continue();
                return null;
            case RolloutMove.Unchanged:
                return null;
            default:
                return Invalid($"The rollout {Id} is {state.Status}; {signal} cannot follow.");
        }
    }

    private RolloutState Recorded(RolloutState next, (string From, string To) move, string trigger, Because because)
    {
        var happened = new RolloutEvent { From = move.From, To = move.To, At = Now, Trigger = trigger, Actor = because.Actor, Why = because.Text };
        var events = next.Events.Add(happened);
        return next with { Events = events.Length > RolloutState.MaxEvents ? events[^RolloutState.MaxEvents..] : events, Revision = next.Revision + 1 };
    }

    // A write that fails drops the activation, so that what was not stored is not shown.
    private async Task SaveAsync(RolloutState next)
    {
        storage.State = next;
        await storage.WriteStateAsync();
        state = next;
    }

    private static Refusal Invalid(string message) => new(HubErrorCode.RolloutStateInvalid, message);
}
