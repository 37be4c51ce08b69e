using Muster.Storage;

namespace Muster.Updates;

[GrainType("device-plan")]
internal sealed class DevicePlanGrain([PersistentState("plan", StorageNames.Documents)] IPersistentState<DevicePlanState> storage) : Grain, IDevicePlanGrain
{
    public ValueTask<DevicePlan?> GetAsync() => ValueTask.FromResult(storage.RecordExists ? storage.State.Plan : null);

    public async Task<bool> PutAsync(DevicePlan plan)
    {
        if (storage.RecordExists)
        {
            return UpdateJson.AreSame(storage.State.Plan, plan);
        }

        storage.State = new DevicePlanState { Plan = plan };
        await storage.WriteStateAsync();
        return true;
    }
}

/// <summary>As it is stored.</summary>
[GenerateSerializer, Immutable, Alias("muster.DevicePlanState")]
internal sealed record DevicePlanState
{
    [Id(0)] public DevicePlan? Plan { get; init; }
}
