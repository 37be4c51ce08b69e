using System.Globalization;
using Muster.Errors;
using Muster.Placement;
using Muster.Storage;
using Muster.Upstream;

namespace Muster.Devices;

/// <summary>
/// One device or module. Decisions are made on <see cref="head"/>, the newest state that was decided; what is shown and told is
/// <see cref="committed"/>, the newest state that is stored.
/// </summary>
[GrainType("device"), PartitionPlacement]
internal sealed partial class DeviceGrain(
    [PersistentState("state", StorageNames.Devices)] IPersistentState<DeviceState> storage,
    DeviceServices services) : Grain, IDeviceGrain, IUpstreamMirror, IMovable
{
    private DeviceState? committed;
    private DeviceState? head;

    public ValueTask<DeviceIdentity?> GetIdentityAsync() =>
        ValueTask.FromResult(Committed is { } state ? IdentityDocument.From(Key, services.Shown(state), services.Secrets) : Nothing<DeviceIdentity>());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        head = committed = storage.RecordExists ? storage.State : null;
        services.Activations.Add(this);
        TellOfMessages(null, committed);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        services.Activations.Remove(this);
        return Task.CompletedTask;
    }

    /// <summary>Only for rows that exist: an id that is not one is never registered.</summary>
    private DeviceKey Key => DeviceKey.Parse(GrainKey, CultureInfo.InvariantCulture);

    private DeviceState? Committed => IsBroken ? throw Broken() : committed;

    /// <summary>True while the device has a session, by the newest decision. May be read from any thread.</summary>
    internal bool HasSession => head?.Session.Current is not null;

    internal string GrainKey => this.GetPrimaryKeyString();

    private Refusal NotFound()
    {
        Nothing<object>();
        return Refusals.NotFound(GrainKey);
    }

    // Ids that do not exist are asked for by mistake, or to fill the memory: they leave at once.
    private T? Nothing<T>()
        where T : class
    {
        if (head is null && !IsBroken)
        {
            DeactivateOnIdle();
        }

        return null;
    }

    private DateTimeOffset Now() => services.Clock.GetUtcNow();
}
