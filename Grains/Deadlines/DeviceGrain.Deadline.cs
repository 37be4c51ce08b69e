using Muster.Deadlines;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public async Task OnDeadlineAsync()
    {
        if (UnsentFeedback.Length > 0)
        {
            // Not waited for: a queue that does not answer must not hold up whatever else the device is called for. It leaves the row with the next write.
            SendFeedbackAsync().Ignore();
        }

        if (head is not { } state)
        {
            await SettledAsync();
            return;
        }

        var next = DeadlineMachine.OnDue(WithoutSentFeedback(state)!, Now(), services.Sessions.IsDead, services.Messages, locks);
        await StoreAsync(next, state);
        PushMessages();
    }
}
