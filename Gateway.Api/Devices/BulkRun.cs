using Muster.Calls;
using Muster.Errors;
using Muster.Gateway;
using Muster.Twins;

namespace Muster.Devices;

/// <summary>
/// Runs the items of a bulk request: those of one device one after the other in the order given, different devices at once, at most
/// <see cref="FanOut"/> of them. An item that fails stops no other.
/// </summary>
internal sealed class BulkRun(IGrainFactory grains, GrainCalls calls)
{
    internal const int FanOut = 16;

    /// <summary>Refusals by the place of their item; null where the item stands.</summary>
    internal async Task<Refusal?[]> RunAsync(IReadOnlyList<BulkItem> items, CancellationToken cancellationToken)
    {
        var refusals = new Refusal?[items.Count];
        var byDevice = Enumerable.Range(0, items.Count).GroupBy(i => items[i].Id ?? "", StringComparer.Ordinal);
        var options = new ParallelOptions { MaxDegreeOfParallelism = FanOut, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(byDevice, options, async (places, _) =>
        {
            foreach (var place in places)
            {
                refusals[place] = await RunAsync(items[place]);
            }
        });
        return refusals;
    }

    private async Task<Refusal?> RunAsync(BulkItem item)
    {
        if (item.Check() is { } wrong)
        {
            return wrong;
        }

        try
        {
            var device = grains.Device(item.Id!, item.ModuleId);
            return item.Mode switch
            {
                ImportMode.Create => await CreateAsync(item),
                ImportMode.Update => await UpdateAsync(device, item, null),
                ImportMode.UpdateIfMatchETag => NeedsETag(item.ETag) ?? await UpdateAsync(device, item, item.ETag),
                ImportMode.CreateOrUpdate => await CreateOrUpdateAsync(device, item, null),
                ImportMode.CreateOrUpdateIfMatchETag => await CreateOrUpdateAsync(device, item, item.ETag),
                ImportMode.Delete => Why(await OnceAsync(item.Id!, device, d => d.DeleteAsync(null))),
                ImportMode.DeleteIfMatchETag => NeedsETag(item.ETag) ?? Why(await OnceAsync(item.Id!, device, d => d.DeleteAsync(item.ETag))),
                ImportMode.UpdateTwin => await ChangeTwinAsync(item, device, item.ToTwinChange() ?? new TwinChange()),
                _ => NeedsETag(item.TwinETag ?? item.ETag)
                    ?? await ChangeTwinAsync(item, device, item.ToTwinChange(item.TwinETag ?? item.ETag) ?? new TwinChange { IfMatch = item.TwinETag ?? item.ETag }),
            };
        }
        catch (Exception fault) when (CallFaults.IsTransient(fault))
        {
            return Faults.Describe(fault);
        }
    }

    private async Task<Refusal?> CreateAsync(BulkItem item)
    {
        var twin = item.ToTwinChange();
        if (item.ModuleId is null)
        {
            return Why(await OnceAsync(item.Id!, grains.Device(item.Id!), d => d.CreateAsync(item.ToSpec(), twin)));
        }

        return Why(await OnceAsync(item.Id!, grains.Device(item.Id!), d => d.CreateModuleAsync(item.ModuleId, item.ToSpec())))
            ?? (twin is null ? null : await ChangeTwinAsync(item, grains.Device(item.Id!, item.ModuleId), twin));
    }

    private async Task<Refusal?> UpdateAsync(IDeviceGrain device, BulkItem item, string? etag) =>
        Why(await OnceAsync(item.Id!, device, d => d.UpdateAsync(item.ToSpec(), etag)))
            ?? (item.ToTwinChange(item.TwinETag) is { } twin ? await ChangeTwinAsync(item, device, twin) : null);

    private async Task<Refusal?> CreateOrUpdateAsync(IDeviceGrain device, BulkItem item, string? etag)
    {
        var refusal = await CreateAsync(item);
        return refusal?.Code is HubErrorCode.DeviceAlreadyExists or HubErrorCode.ModuleAlreadyExistsOnDevice
            ? await UpdateAsync(device, item, etag)
            : refusal;
    }

    private async Task<Refusal?> ChangeTwinAsync(BulkItem item, IDeviceGrain device, TwinChange change) =>
        await OnceAsync(item.Id!, device, d => d.ChangeTwinAsync(change)) is TwinReply.Refused refused ? refused.Why : null;

    // An item may take two calls, each of which is repeated on its own.
    private Task<T> OnceAsync<T>(string deviceId, IDeviceGrain device, Func<IDeviceGrain, Task<T>> call) =>
        calls.CallAsync(deviceId, Repeat.IfNotRun, () => call(device));

    private static Refusal? NeedsETag(string? etag) =>
        string.IsNullOrEmpty(etag) ? new Refusal(HubErrorCode.ArgumentInvalid, "This importMode needs an eTag.") : null;

    private static Refusal? Why(IdentityReply reply) => reply is IdentityReply.Refused refused ? refused.Why : null;
}
