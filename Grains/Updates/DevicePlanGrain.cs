using System.Text.Json;
using Muster.Storage;

namespace Muster.Updates;

[GrainType("device-plan")]
internal sealed class DevicePlanGrain([PersistentState("plan", StorageNames.Documents)] IPersistentState<DevicePlan> storage) : Grain, IDevicePlanGrain
{
    private DevicePlan? plan;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        plan = storage.RecordExists ? storage.State : null;
        return Task.CompletedTask;
    }

    public ValueTask<DevicePlan?> GetAsync() => ValueTask.FromResult(plan);

    public async Task<bool> PutAsync(DevicePlan plan)
    {
        if (this.plan is { } kept)
        {
            return JsonSerializer.SerializeToUtf8Bytes(kept).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(plan));
        }

        storage.State = plan;
        await storage.WriteStateAsync();
        this.plan = plan;
        return true;
    }
}
