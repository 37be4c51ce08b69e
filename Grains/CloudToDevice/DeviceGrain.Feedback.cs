using System.Collections.Immutable;
using Muster.Calls;
using Muster.CloudToDevice;

namespace Muster.Devices;

/// <summary>
/// How feedback gets from the row into the feedback queue: at once after the write that it came with, and again by the row's deadline as long as it is
/// not known to have arrived. It leaves the row with the next write. The queue takes each record once, however often it is sent.
/// </summary>
internal sealed partial class DeviceGrain
{
    private HashSet<Guid>? sentFeedback;
    private Task? sendingFeedback;

    private FeedbackRecord[] UnsentFeedback => committed?.Feedback is { } feedback
        ? [.. new FeedbackOutbox(feedback).Records.Where(record => sentFeedback?.Contains(record.Id) != true)]
        : [];

    private void SendFeedback()
    {
        if (committed?.Feedback is null)
        {
            sentFeedback = null;
        }
        else if (UnsentFeedback.Length > 0)
        {
            SendFeedbackAsync().Ignore();
        }
    }

    /// <summary>Completes once all of it has arrived, or some could not be sent now.</summary>
    private Task SendFeedbackAsync() => sendingFeedback ??= SendAllFeedbackAsync();

    private async Task SendAllFeedbackAsync()
    {
        // So that the field is set before this ends.
        await Task.Yield();
        try
        {
            while (UnsentFeedback is { Length: > 0 } records)
            {
                var now = Now();
                var fresh = records.Where(record => !record.IsOver(now)).Select(Rendered).ToImmutableArray();
                if (!fresh.IsEmpty)
                {
                    await services.Feedback.PutAsync(fresh);
                }

                (sentFeedback ??= []).UnionWith(records.Select(record => record.Id));
            }
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogFeedbackNotSent(services.Logger, GrainKey, e);
        }
        finally
        {
            sendingFeedback = null;
        }
    }

    private ServiceRecord Rendered(FeedbackRecord record) => FeedbackDocument.Of(record, GrainKey, committed?.Identity.GenerationId ?? 0);

    private DeviceState? WithoutSentFeedback(DeviceState? next) =>
        next is null || sentFeedback is null ? next : CloudQueueMachine.WithoutFeedback(next, sentFeedback);
}
