using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What rollouts need, in one reference.</summary>
internal sealed record RolloutServices(
    IRolloutTargets Targets,
    IReleaseSource Releases,
    IRolloutGates Gates,
    IOptions<RolloutOptions> Options,
    TimeProvider Clock,
    RolloutInstruments Instruments)
{
    internal RolloutOptions Settings { get; } = Options.Value;
}
