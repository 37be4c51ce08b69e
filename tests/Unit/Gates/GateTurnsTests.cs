using Xunit;

namespace Muster.Gates;

public sealed class GateTurnsTests
{
    [Fact]
    public void A_gate_is_called_once_at_a_time_and_after_that_for_what_was_wanted_last()
    {
        var turns = new GateTurns(room: 10);
        var (first, second, third) = (Call("a"), Call("a"), Call("a"));
        Assert.True(turns.TryBegin(first));
        Assert.False(turns.TryBegin(second));
        Assert.False(turns.TryBegin(third));
        Assert.True(turns.TryBegin(Call("b")));

        Assert.Same(third, turns.End(first));
        Assert.False(turns.TryBegin(second));
        Assert.Same(second, turns.End(third));
        Assert.Null(turns.End(second));
        Assert.True(turns.TryBegin(first));
    }

    [Fact]
    public void A_close_out_follows_its_open_and_nothing_takes_its_place()
    {
        var turns = new GateTurns(room: 10);
        var (open, close) = (Call("a"), Call("a", GateEffect.Close));
        Assert.True(turns.TryBegin(open));
        Assert.False(turns.TryBegin(close));
        Assert.False(turns.TryBegin(Call("a")));
        Assert.Same(close, turns.End(open));
    }

    [Fact]
    public void No_more_gates_are_called_than_there_is_room_for_and_those_that_have_ended_give_it_back()
    {
        var turns = new GateTurns(room: 2);
        var calls = Enumerable.Range(0, 50).Select(static i => Call($"g{i}")).ToList();
        Assert.Equal(2, calls.Count(turns.TryBegin));
        Assert.Null(turns.End(calls[0]));
        Assert.True(turns.TryBegin(calls[9]));
        Assert.False(turns.TryBegin(calls[0]));
    }

    private static GateCall Call(string key, GateEffect effect = GateEffect.Ask) => new()
    {
        Spec = new GateSpec { Name = "reroute", Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/reroute" },
        Key = key,
        Effect = effect,
        DeviceId = "",
        Rollout = "r1",
        Group = null,
        Release = "fw@2",
    };
}
