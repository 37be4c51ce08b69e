using Muster.Devices;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Methods;

/// <summary>
/// The method calls that wait for their device, for up to ten minutes each: bounded, and given up when the host stops, which would otherwise
/// wait for them and have no time left for a clean end.
/// </summary>
internal sealed class MethodCalls(IGrainFactory grains, IHostApplicationLifetime lifetime)
{
    internal const int MaxWaiting = 10_000;
    private int waiting;

    internal async Task<MethodReply> InvokeAsync(string deviceId, string? moduleId, MethodCall call)
    {
        if (Interlocked.Increment(ref waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            return new MethodReply.Refused(new(HubErrorCode.ThrottlingException, $"{MaxWaiting} method calls wait for their devices. Try again later."));
        }

        try
        {
            return await CountedAsync(grains.Device(deviceId, moduleId), call).WaitAsync(lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return new MethodReply.Refused(new(HubErrorCode.ServiceUnavailable, "The hub is stopping. Whether the device ran the method is unknown."));
        }
    }

    private async Task<MethodReply> CountedAsync(IDeviceGrain device, MethodCall call)
    {
        try
        {
            return await device.InvokeMethodAsync(call);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
