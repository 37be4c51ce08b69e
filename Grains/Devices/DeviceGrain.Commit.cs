using Muster.Calls;
using Muster.Errors;
using Muster.Events;
using Muster.Gates;
using Muster.Sessions;
using Muster.Twins;
using Muster.Updates;
using Orleans.Storage;

namespace Muster.Devices;

/// <summary>
/// How a device's row is written: one write at a time, and whatever is decided meanwhile goes into the next one. After a failed write nothing
/// is written any more: what waited was decided on a state that may not be stored.
/// </summary>
internal sealed partial class DeviceGrain
{
    private Task? writing;
    private Task? queued;
    private List<DesiredChange>? undelivered;
    private List<DeviceEvent>? untold;
    private List<UpdateStep>? unwritten;
    private List<GateCall>? unsaid;

    private bool IsBroken { get; set; }

    /// <summary>Stores <paramref name="next"/>, or deletes the row where it is null; completes once that is durable.</summary>
    /// <exception cref="OrleansException">The outcome is unknown; the activation is being dropped.</exception>
    private Task CommitAsync(DeviceState? next, DesiredChange? desired = null, DeviceEvent? news = null)
    {
        if (IsBroken)
        {
            throw Broken();
        }

        head = WithUpdateDeadline(WithoutSentFeedback(next));
        if (desired is not null)
        {
            (undelivered ??= []).Add(desired);
        }

        if (news is not null)
        {
            (untold ??= []).Add(news);
        }

        if (queued is not null)
        {
            return queued;
        }

        return writing is null or { IsCompleted: true } ? writing = WriteAsync() : queued = WriteAfterAsync(writing);
    }

    /// <summary>Completes once everything that was decided so far is durable: before that, a refusal that rests on it is not told either.</summary>
    private Task SettledAsync() => ReferenceEquals(head, committed) && !IsBroken ? Task.CompletedTask : queued ?? writing ?? throw Broken();

    private async Task WriteAfterAsync(Task before)
    {
        try
        {
            await before;
        }
        catch (Exception e)
        {
            // What waited was never handed to the store.
            LogNeverWritten(services.Logger, GrainKey, e);
            throw Broken();
        }

        (writing, queued) = (queued, null);
        await WriteAsync();
    }

    private async Task WriteAsync()
    {
        var (next, desired, news, steps, calls) = (head, undelivered, untold, unwritten, unsaid);
        (undelivered, untold, unwritten, unsaid) = (null, null, null, null);
        try
        {
            next?.Steps = new UpdateSteps { Items = steps };
            await StoreAsync(next);
        }
        catch (Exception e)
        {
            IsBroken = true;
            EndMethodCalls();
            services.Instruments.OnCommitFailed();
            LogCommitFailed(services.Logger, GrainKey, e);
            CloseUntold(desired ?? undelivered);
            DeactivateOnIdle();
            if (e is InconsistentStateException)
            {
                throw;
            }

            // A caller on another silo could not read the store's own exception, and would take it for none of ours.
            throw new StoreFaultException($"The row of {GrainKey} could not be written; whether it was is unknown. {e.Message}");
        }

        var before = committed;
        committed = next;
        services.Instruments.OnCommitted();
        Tell(before, next, desired);
        if (steps is not null)
        {
            TellRollouts(steps);
        }

        calls?.ForEach(call => services.Gates?.Start(call));

        if (news is not null)
        {
            // Where there is no room, the next write waits too: that keeps a device's events in their order.
            await services.Events.PutAsync(news);
        }

        writing = queued is null ? null : writing;
    }

    private Task StoreAsync(DeviceState? next)
    {
        if (next is null)
        {
            return storage.ClearStateAsync();
        }

        storage.State = next;
        return storage.WriteStateAsync();
    }

    private void Tell(DeviceState? before, DeviceState? now, List<DesiredChange>? desired)
    {
        if (before?.Session != now?.Session)
        {
            WakeMethodCalls();
        }

        if (desired is not null && now?.Session.Current is not null)
        {
            Push(desired);
        }

        TellOfMessages(before, now);
    }

    // The change may be stored all the same, and then nobody is left to push it: the device reads its twin when it connects again.
    private void CloseUntold(List<DesiredChange>? desired)
    {
        if (desired is not null)
        {
            Close(committed?.Session.Current, SessionCloseReason.ChangeMissed);
        }
    }

    private NotAppliedException Broken() => new($"An earlier write of {GrainKey} failed, so that nothing is decided before its outcome is known.");
}
