using Muster.Deadlines;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public async Task OnDeadlineAsync()
    {
        if (UnsentFeedback.Length > 0)
        {
            await SendFeedbackAsync();
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
