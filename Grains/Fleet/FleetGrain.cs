using System.Collections.Immutable;
using Muster.Devices;
using Muster.Errors;
using Muster.Query;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Fleet;

// Reentrant, since it holds nothing: a slow query must not keep a short question, or the ping, waiting.
[GrainType("fleet"), StatelessWorker, Reentrant]
internal sealed class FleetGrain(IFleetIndex index, DeviceServices services) : Grain, IFleetGrain, IStoreCaller
{
    private const int MaxPage = 1000;

    public async Task<QueryReply> QueryAsync(string query, int pageSize, string? continuation)
    {
        if (pageSize is < 1 or > MaxPage)
        {
            return Refused($"The page size is from 1 to {MaxPage}.");
        }

        try
        {
            var page = await index.QueryAsync(TwinQuery.Parse(query), pageSize, continuation, CancellationToken.None);
            return new QueryReply.Found(page);
        }
        catch (QueryException e)
        {
            return Refused(e.Message);
        }
        catch (FleetBusyException e)
        {
            return new QueryReply.Refused(new Refusal(HubErrorCode.ThrottlingException, e.Message) { RetryAfter = e.RetryAfter });
        }
    }

    public async Task<ImmutableArray<DeviceIdentity>> ListDevicesAsync(int top) =>
        Identities(await index.ListDevicesAsync(Math.Clamp(top, 1, MaxPage), CancellationToken.None));

    public async Task<ImmutableArray<DeviceIdentity>> ListModulesAsync(string deviceId) =>
        Identities(await index.ListModulesAsync(deviceId, CancellationToken.None));

    public Task<FleetStatistics> GetStatisticsAsync() => index.CountAsync(CancellationToken.None);

    public Task PingAsync() => index.PingAsync(CancellationToken.None);

    private static QueryReply.Refused Refused(string message) => new(Refusals.Invalid(message));

    private ImmutableArray<DeviceIdentity> Identities(ImmutableArray<DeviceRow> rows) =>
        [.. rows.Select(row => IdentityDocument.From(row.Key, services.Shown(row.State), services.Secrets))];
}
