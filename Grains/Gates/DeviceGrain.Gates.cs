using Muster.Gates;
using Muster.Updates;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public async Task<GateReply> AnswerGateAsync(string gate, GateAnswer answer)
    {
        if (await MoveAsync(_ => new UpdateSignal.GateAnswered(gate, answer), update => update.Gates?.Any(one => one.Key == gate) == true) is not { } moved)
        {
            return NoGate();
        }

        var before = moved.Before.Gates!.Value.First(one => one.Key == gate);
        var now = moved.Move.Next.Gates?.FirstOrDefault(one => one.Key == gate) ?? before with { Status = GateStatus.Closed, Actor = answer.Actor, Evidence = answer.Evidence ?? before.Evidence };
        var view = moved.Plan.Gates.FirstOrDefault(spec => spec.Name == now.Name) is { } spec
            ? GateViews.Of(now, spec, moved.Move.Next.Rollout, GrainKey) : null;
        return view is null ? new GateReply.Unknown()
            : GateMachine.IsHeard(answer.Word, before, now) ? new GateReply.Accepted(view)
            : new GateReply.Refused(view);
    }

    public async Task<GateReply> AnswerGateByLinkAsync(string gate, GateAnswer answer, string token) =>
        services.GateLinks?.Holds(GrainKey, gate, token) == true ? await AnswerGateAsync(gate, answer) : NoGate();

    private GateReply.Unknown NoGate()
    {
        Nothing<object>();
        return new GateReply.Unknown();
    }

    private IEnumerable<GateView> GatesOf(DeviceUpdate update, DevicePlan? plan) =>
        from gate in update.Gates ?? []
        join spec in plan?.Gates ?? [] on gate.Name equals spec.Name
        select GateViews.Of(gate, spec, update.Rollout, GrainKey);

    private GateCall CallOf(GateState gate, GateEffect effect, DeviceUpdate update, DevicePlan plan) => new()
    {
        Spec = plan.Gates.First(spec => spec.Name == gate.Name),
        Key = gate.Key,
        Effect = effect,
        DeviceId = GrainKey,
        Rollout = update.Rollout,
        Group = update.Group,
        Release = update.Release,
        Status = update.Status,
    };
}
