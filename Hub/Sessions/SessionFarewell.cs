using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Devices;

namespace Muster.Sessions;

/// <summary>Tells a device's grain that its session is over.</summary>
internal static partial class SessionFarewell
{
    private const int Attempts = 6;

    /// <summary>Several times if it has to. In the end the grain finds out by itself: the next call to the session is answered Gone.</summary>
    public static async Task TellAsync(IDeviceGrain device, SessionRef session, TimeProvider clock, ILogger logger)
    {
        var pause = TimeSpan.FromMilliseconds(200);
        for (var attempt = 1; attempt <= Attempts; attempt++, pause *= 2)
        {
            try
            {
                await device.DetachAsync(session);
                return;
            }
            catch (Exception e) when (CallFaults.IsTransient(e))
            {
                LogDetachFailed(logger, device.GetPrimaryKeyString(), attempt, e);
                await Task.Delay(pause, clock);
            }
        }
    }

    [LoggerMessage(EventId = 8004, Level = LogLevel.Warning, Message = "The end of a session of {DeviceId} could not be told, attempt {Attempt}")]
    private static partial void LogDetachFailed(ILogger logger, string deviceId, int attempt, Exception exception);
}
