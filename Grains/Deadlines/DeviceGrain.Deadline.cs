using Muster.Deadlines;
using Muster.Updates;

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

        var plan = await PrepareUpdateAsync();
        if (head is not { } state)
        {
            await SettledAsync();
            return;
        }

        var next = DeadlineMachine.OnDue(WithoutSentFeedback(state)!, Now(), services.Sessions.IsDead, services.Messages, locks);
        if (UpdateOf(next)?.Due <= Now())
        {
            next = WithUpdate(next, plan, new UpdateSignal.DeadlinePassed());
        }

        await StoreAsync(next, state);
        PushMessages();
    }
}
