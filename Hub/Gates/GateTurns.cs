namespace Muster.Gates;

/// <summary>
/// Which gates this silo is calling. One call at a time for a gate, and after it the newest of those that were wanted meanwhile: a close-out that overtook the call that asks to open
/// would find nothing to undo, and be heard. Thread-safe.
/// </summary>
/// <param name="room">Gates that are called at once.</param>
internal sealed class GateTurns(int room)
{
    private readonly Lock turn = new();

    /// <summary>By the gate's key: what it is to be called for after this; null for nothing.</summary>
    private readonly Dictionary<string, GateCall?> underWay = new(StringComparer.Ordinal);

    /// <summary>
    /// True if the call is to be made now. False where the gate is being called, and <see cref="End"/> hands this call out; and where there is no room: it is lost, and due again.
    /// </summary>
    internal bool TryBegin(GateCall call)
    {
        lock (turn)
        {
            if (!underWay.TryGetValue(call.Key, out var next))
            {
                return underWay.Count < room && underWay.TryAdd(call.Key, null);
            }

            // A gate that is closed is asked no more, whatever is said late.
            underWay[call.Key] = next is { Effect: GateEffect.Close } ? next : call;
            return false;
        }
    }

    /// <summary>A call has ended.</summary>
    /// <returns>The one to be made now in its place; null for none.</returns>
    internal GateCall? End(GateCall call)
    {
        lock (turn)
        {
            if (!underWay.TryGetValue(call.Key, out var next) || next is null)
            {
                underWay.Remove(call.Key);
                return null;
            }

            underWay[call.Key] = null;
            return next;
        }
    }
}
