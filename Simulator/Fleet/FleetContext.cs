using System.Security.Cryptography.X509Certificates;
using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>What all pumps of a fleet share.</summary>
internal sealed record FleetContext(
    HubAddress Hub, Func<X509ChainPolicy> Trust, Registry Registry, FleetOptions Options, ConnectPace Pace, FleetCounters Counters, TimeProvider Clock,
    UpdateContext Updates);
