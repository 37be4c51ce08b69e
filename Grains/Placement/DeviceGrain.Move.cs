namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public Task<bool> MoveAsync()
    {
        // From the moment on that a move is wanted, callers wait until nothing runs here: so not while calls may take minutes.
        var isQuiet = !HasSession && waitingCalls == 0 && outbox is null && !IsBroken && ReferenceEquals(head, committed);
        if (isQuiet)
        {
            MigrateOnIdle();
        }

        return Task.FromResult(isQuiet);
    }
}
