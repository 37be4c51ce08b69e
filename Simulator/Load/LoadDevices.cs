using System.Globalization;

namespace Muster.Simulation.Load;

/// <summary>The names of the load's devices.</summary>
internal static class LoadDevices
{
    internal static string Id(int device) => "load-" + (device + 1).ToString("000000", CultureInfo.InvariantCulture);
}
