using Muster.Devices;
using Orleans.Concurrency;

namespace Muster.Updates;

[GrainType("agent-access"), StatelessWorker]
internal sealed class AgentAccessGrain(IDeviceReader reader, AgentSecrets secrets) : Grain, IAgentAccessGrain
{
    public async Task<string?> GetDdiTokenAsync() =>
        DeviceKey.TryCreate(this.GetPrimaryKeyString(), null, out var key) && await reader.ReadAsync(key, CancellationToken.None) is { } row
            ? secrets.DdiTargetToken(key.DeviceId, row.Identity.GenerationId)
            : null;
}
