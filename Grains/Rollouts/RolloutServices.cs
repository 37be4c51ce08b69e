using Microsoft.Extensions.Options;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What rollouts need, in one reference.</summary>
internal sealed record RolloutServices(
    IRolloutTargets Targets,
    IReleaseSource Releases,
    IOptions<RolloutOptions> Options,
    TimeProvider Clock,
    RolloutInstruments Instruments,
    IOptions<GateOptions> GateOptions,
    IGateCalls? GateCalls = null,
    GateLinks? GateLinks = null)
{
    internal RolloutOptions Settings { get; } = Options.Value;
}
