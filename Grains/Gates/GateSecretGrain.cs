using System.Text;
using Orleans.Concurrency;

namespace Muster.Gates;

[GrainType("gate-secret"), StatelessWorker]
internal sealed class GateSecretGrain(GateLinks links) : Grain, IGateSecretGrain
{
    public Task<string> GetAsync() => Task.FromResult(Encoding.ASCII.GetString(links.HubSecret));
}
