using System.Collections.Concurrent;
using Muster.Gates;

namespace Muster.Rollouts;

/// <summary>Keeps what those who open gates are told; answers are for the test to give.</summary>
internal sealed class FakeGateCalls : IGateCalls
{
    private readonly ConcurrentQueue<GateCall> calls = new();

    public void Start(GateCall call) => calls.Enqueue(call);

    /// <summary>Calls of a rollout, of one kind, each gate once.</summary>
    internal IReadOnlyList<GateCall> Of(string rollout, GateEffect effect) =>
        [.. calls.Where(call => call.Rollout == rollout && call.Effect == effect).DistinctBy(static call => call.Key)];
}
