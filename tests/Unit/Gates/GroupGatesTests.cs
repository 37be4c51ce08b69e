using Muster.Rollouts;
using Muster.Updates;
using Xunit;

namespace Muster.Gates;

public sealed class GroupGatesTests
{
    private static readonly GateSpec Ready = new() { Name = "ready", Scope = GateScope.Group, Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/gate" };
    private static readonly GateSpec Agreed = Ready with { Name = "agreed", Scope = GateScope.Rollout };

    [Theory]
    [InlineData(GroupStatus.Open, 2, 0, true)]
    [InlineData(GroupStatus.Draining, 0, 1, true)]
    [InlineData(GroupStatus.Soaking, 0, 1, true)]
    [InlineData(GroupStatus.Passed, 0, 1, true)]
    [InlineData(GroupStatus.Draining, 0, 0, false)]
    [InlineData(GroupStatus.Failed, 2, 1, false)]
    public void A_lease_that_ended_holds_a_rollout_of_which_a_group_has_members_that_wait(GroupStatus status, int planned, int ahead, bool holds) =>
        Assert.All<(GateSpec Spec, GatePlace Place)>([(Agreed, GatePlace.Rollout), (Ready, GatePlace.OfGroup(0))], gate =>
        {
            var open = new RolloutGateBook("r1", [gate.Spec], new RolloutGatesState(), UpdateSpace.Start);
            open.Ask(gate.Place);
            open.Hear(open.State.All[0], new GateAnswer(GateWord.Open, "webhook"));
            var late = new RolloutGateBook("r1", [gate.Spec], open.State, UpdateSpace.Start.AddHours(1));
            late.Look();
            Assert.Equal(holds, GroupGates.Refused(late, [(status, new Tally { Total = 3, Planned = planned, Ahead = ahead })]) is not null);
        });

    [Theory]
    [InlineData(GroupStatus.Failed, 3, 3, 0, 0, true)]
    [InlineData(GroupStatus.Failed, 3, 2, 1, 0, true)]
    [InlineData(GroupStatus.Failed, 3, 2, 1, 1, false)]
    [InlineData(GroupStatus.Failed, 3, 1, 1, 0, false)]
    [InlineData(GroupStatus.Failed, 3, 0, 3, 0, false)]
    [InlineData(GroupStatus.Held, 3, 3, 0, 0, false)]
    public void A_group_of_which_nothing_was_tried_was_kept_out_by_its_gate(GroupStatus status, int total, int planned, int final, int attempted, bool isKeptOut) =>
        Assert.Equal(isKeptOut, GroupGates.IsKeptOut(status, new Tally { Total = total, Planned = planned, Final = final, Attempted = attempted }));
}
