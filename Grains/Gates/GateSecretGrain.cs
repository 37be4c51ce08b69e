using System.Text;
using Orleans.Concurrency;

namespace Muster.Gates;

[GrainType("gate-secret"), StatelessWorker]
internal sealed class GateSecretGrain(GateLinks links) : Grain, IGateSecretGrain
{
    public Task<string> GetAsync() => Task.FromResult(Encoding.ASCII.GetString(links.HubSecret));

    public Task<bool> HoldsAsync(string deviceId, string gate, string token) => Task.FromResult(links.Holds(deviceId, gate, token));
}
