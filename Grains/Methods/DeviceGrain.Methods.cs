using Muster.Calls;
using Muster.Errors;
using Muster.Methods;
using Muster.Sessions;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    private const int MaxWaitingCalls = 100;
    private TaskCompletionSource? sessionChanged;
    private TaskCompletionSource? dropped;
    private int waitingCalls;

    public async Task<MethodReply> InvokeMethodAsync(MethodCall call)
    {
        if (MethodRules.WhyNot(call) is { } invalid)
        {
            return Refuse(invalid);
        }

        if (services.Upstream is { } hub)
        {
            return await InvokeUpstreamAsync(hub, call);
        }

        for (var started = services.Clock.GetTimestamp(); ;)
        {
            if (Committed is not { } state)
            {
                return Refuse(NotFound());
            }

            if (await TryInvokeAsync(state.Session, call) is { } reply)
            {
                return reply;
            }

            var left = call.ConnectTimeout - services.Clock.GetElapsedTime(started);
            if (left > TimeSpan.Zero && waitingCalls >= MaxWaitingCalls)
            {
                return Refuse(new(HubErrorCode.ThrottlingException, $"{MaxWaitingCalls} calls wait for the device to connect."));
            }

            if (left <= TimeSpan.Zero || (ReferenceEquals(committed?.Session, state.Session) && !await SessionChangesAsync(left)))
            {
                return Refuse(new(HubErrorCode.DeviceNotOnline, "Timed out waiting for device to connect."));
            }
        }
    }

    /// <summary>Null while the device is not connected and subscribed.</summary>
    private async Task<MethodReply?> TryInvokeAsync(SessionState session, MethodCall call)
    {
        if (session.Current is not { } current || !session.Subscriptions.HasFlag(SessionSubscriptions.Methods))
        {
            return null;
        }

        try
        {
            var reply = services.Sessions.IsDead(current.Silo)
                ? null
                : await UnlessDroppedAsync(services.Sessions.At(current.Silo).InvokeMethodAsync(current, call));
            if (reply is null)
            {
                await DetachAsync(current);
                return null;
            }

            return reply is MethodReply.Refused { Why: var why } ? Unreached(why) : Answered(reply);
        }
        catch (Exception e) when (CallFaults.Judge(e) == CallOutcome.NotRun)
        {
            // The device was not reached; its session may be about to end, and another to begin.
            LogMethodCutOff(services.Logger, GrainKey, e);
            return null;
        }
        catch (Exception e) when (CallFaults.Judge(e) == CallOutcome.Unknown)
        {
            LogMethodCutOff(services.Logger, GrainKey, e);
            return Refuse(new(HubErrorCode.GatewayTimeout, "The connection to the device was lost while it was to answer."));
        }
    }

    // Orleans drops an activation once nothing runs in it: a device that is slow to answer would keep a broken one, and all others out.
    private async Task<MethodReply?> UnlessDroppedAsync(Task<MethodReply?> answer)
    {
        dropped ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (await Task.WhenAny(answer, dropped.Task) == answer)
        {
            return await answer;
        }

        answer.Ignore();
        return new MethodReply.Refused(new(HubErrorCode.GatewayTimeout, "The hub lost sight of the call while the device was to answer."));
    }

    private MethodReply.Refused? Unreached(Refusal why) => why.Code == HubErrorCode.DeviceNotOnline ? null : Refuse(why);

    private MethodReply Answered(MethodReply reply)
    {
        services.Instruments.OnMethodAnswered();
        return reply;
    }

    private MethodReply.Refused Refuse(Refusal why)
    {
        services.Instruments.OnMethodRefused(why.Code);
        return new MethodReply.Refused(why);
    }

    /// <summary>Waits for a session or a subscription; false once the time is over, or at the silo's stop.</summary>
    private async Task<bool> SessionChangesAsync(TimeSpan atMost)
    {
        waitingCalls++;
        try
        {
            sessionChanged ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await sessionChanged.Task.WaitAsync(atMost, services.Clock, services.Host.ApplicationStopping);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            waitingCalls--;
        }
    }

    private void EndMethodCalls()
    {
        WakeMethodCalls();
        dropped?.TrySetResult();
    }

    private void WakeMethodCalls()
    {
        sessionChanged?.TrySetResult();
        sessionChanged = null;
    }
}
