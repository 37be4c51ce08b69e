using Muster.Devices;
using Orleans.Storage;

namespace Muster.KillPoints;

/// <summary>Devices' rows, whose writes carry the steps of their updates.</summary>
internal sealed class WatchedStorage(IGrainStorage inner, Executioner executioner) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ReadStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var steps = (grainState.State as DeviceState)?.Steps.Items ?? [];
        foreach (var step in steps)
        {
            executioner.Pass(step.To, KillMoment.BeforeRecord);
        }

        await inner.WriteStateAsync(stateName, grainId, grainState);
        foreach (var step in steps)
        {
            executioner.Pass(step.To, KillMoment.AfterRecord);
        }
    }
}
