using System.Globalization;
using Muster.Errors;
using Muster.Placement;
using Muster.Storage;

namespace Muster.Devices;

/// <summary>
/// One device or module. Decisions are made on <see cref="head"/>, the newest state that was decided; what is shown and told is
/// <see cref="committed"/>, the newest state that is stored.
/// </summary>
[GrainType("device"), PartitionPlacement]
internal sealed partial class DeviceGrain(
    [PersistentState("state", StorageNames.Devices)] IPersistentState<DeviceState> storage,
    DeviceServices services) : Grain, IDeviceGrain
{
    private DeviceState? committed;
    private DeviceState? head;

    public ValueTask<DeviceIdentity?> GetIdentityAsync() =>
        ValueTask.FromResult(Committed is { } state ? IdentityDocument.From(Key, services.Shown(state), services.Secrets) : null);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        head = committed = storage.RecordExists ? storage.State : null;
        return Task.CompletedTask;
    }

    private string GrainKey => this.GetPrimaryKeyString();

    /// <summary>Only for rows that exist: an id that is not one is never registered.</summary>
    private DeviceKey Key => DeviceKey.Parse(GrainKey, CultureInfo.InvariantCulture);

    private DeviceState? Committed => IsBroken ? throw Broken() : committed;

    private Refusal NotFound() => Refusals.NotFound(GrainKey);

    private DateTimeOffset Now() => services.Clock.GetUtcNow();
}
