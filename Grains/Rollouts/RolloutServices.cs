using Microsoft.Extensions.Options;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What rollouts need, in one reference.</summary>
internal sealed record RolloutServices(
    IRolloutTargets Targets,
    IReleaseSource Releases,
    IRolloutGates Gates,
    IOptions<RolloutOptions> Options,
    TimeProvider Clock,
    RolloutInstruments Instruments,
    IOptions<GateOptions> GateOptions)
{
    internal RolloutOptions Settings { get; } = Options.Value;
}
