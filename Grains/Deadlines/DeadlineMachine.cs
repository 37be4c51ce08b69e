using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Sessions;

namespace Muster.Deadlines;

/// <summary>What a device does when its deadline has come. Pure, and idempotent: what was done is not due any more.</summary>
internal static class DeadlineMachine
{
    /// <summary>The state to be stored; the same one if nothing is due.</summary>
    /// <param name="state">The newest that was decided.</param>
    /// <param name="now">UTC.</param>
    /// <param name="isDead">Whether a silo is gone for good.</param>
    /// <param name="messages">What queued messages are kept by.</param>
    /// <param name="locks">Who has which of them; null if nobody has any.</param>
    internal static DeviceState OnDue(
        DeviceState state, DateTimeOffset now, Func<SiloAddress, bool> isDead, CloudToDeviceOptions messages, MessageLocks? locks)
    {
        if (state.Session.Current is { } session && isDead(session.Silo))
        {
            state = state with { Session = SessionMachine.Detach(state.Session, session, now) };
        }

        state = CloudQueueMachine.Sweep(state, messages, locks, now);

        // A deadline that nobody waits for any more would be called for ever.
        return state.NextDeadline <= now ? state with { NextDeadline = CloudQueueMachine.NextDue(state, now) } : state;
    }
}
