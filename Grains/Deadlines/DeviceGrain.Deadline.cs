using Muster.Deadlines;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public Task OnDeadlineAsync() =>
        head is { } state && DeadlineMachine.OnDue(state, Now(), services.Sessions.IsDead) is var next && !ReferenceEquals(next, state)
            ? CommitAsync(next)
            : SettledAsync();
}
