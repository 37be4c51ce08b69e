using System.Diagnostics;
using Muster.Updates;

namespace Muster.KillPoints;

/// <summary>Ends its own process by SIGKILL at one place. Thread-safe.</summary>
internal sealed class Executioner(KillPlace place)
{
    private int left = place.Nth;

    /// <summary>Does not return where this is the place: kill(2) of oneself does not.</summary>
    internal void Pass(UpdateStatus status, KillMoment moment)
    {
        if (status == place.Status && moment == place.Moment && Interlocked.Decrement(ref left) == 0)
        {
            Console.Error.WriteLine($"killed at {place}");
            Process.GetCurrentProcess().Kill();
        }
    }
}
