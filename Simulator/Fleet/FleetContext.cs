using System.Security.Cryptography.X509Certificates;
using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>What all pumps of a fleet share.</summary>
internal sealed record FleetContext(
    HubAddress Hub, Func<X509ChainPolicy> Trust, Registry Registry, FleetOptions Options, ConnectPace Pace, FleetCounters Counters, TimeProvider Clock,
    UpdateContext Updates)
{
    private static readonly string[] Sites = ["harbour", "airport", "depot", "quarry", "terminal"];

    /// <summary>The tags of a pump when it is registered.</summary>
    /// <param name="number">From 1.</param>
    internal object TagsOf(int number) => new { site = Sites[(number - 1) % Sites.Length], kind = "fuel-pump", lane = number % 8, model = Updates.Options.Model };
}
