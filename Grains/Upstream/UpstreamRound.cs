using System.Collections.Concurrent;
using System.Text.Json;
using Muster.Devices;
using Muster.Errors;
using Muster.Fleet;
using Muster.Json;
using Muster.Query;

namespace Muster.Upstream;

/// <summary>
/// One comparison of the whole fleet with the upstream hub's: every twin there whose row differs is read again, then every row of the hub's that was not
/// listed. It may be run again after a failure, and goes on with the page at which it stood.
/// </summary>
internal sealed class UpstreamRound(IUpstreamHub hub, IDeviceReader reader, IFleetIndex index, IGrainFactory grains, MirrorInstruments instruments)
{
    private const int Concurrency = 16;
    private const int PageSize = 500;
    private const int MaxTries = 3;
    private static readonly TwinQuery[] Queries =
        [TwinQuery.Parse("SELECT deviceId FROM devices"), TwinQuery.Parse("SELECT deviceId, moduleId FROM devices.modules")];

    // Eight bytes for each: a fleet of a million fits. Two ids that share a number cost one row its removal, until an event or another round sees to it.
    private readonly HashSet<ulong> listed = [];
    private string? continuation;
    private bool isListed;
    private int query;
    private long readAgain;
    private long foreign;
    private long failed;
    private int tries;

    /// <summary>Devices that were read again.</summary>
    internal long ReadAgain => Volatile.Read(ref readAgain);

    /// <summary>Rows that are not of the upstream hub: this cluster's own, from before it had one. They are left alone.</summary>
    internal long Foreign => Volatile.Read(ref foreign);

    /// <summary>Devices that could not be compared however often it was tried.</summary>
    internal long Failed => Volatile.Read(ref failed);

    /// <param name="progressed">Called for each page that is done.</param>
    /// <param name="cancellationToken">Ends it between two devices.</param>
    internal async Task RunAsync(Action progressed, CancellationToken cancellationToken)
    {
        while (!isListed)
        {
            var page = await hub.ListTwinsAsync(continuation, cancellationToken);
            await ForEachAsync(page.Twins, CompareAsync, cancellationToken);
            foreach (var twin in page.Twins)
            {
                listed.Add(Number(KeyOf(UpstreamTwin.ReadHead(twin))?.ToString() ?? ""));
            }

            (continuation, isListed) = (page.Continuation, page.Continuation is null);
            progressed();
        }

        while (query < Queries.Length)
        {
            var page = await index.QueryAsync(Queries[query], PageSize, continuation, cancellationToken);
            await ForEachAsync(KeysOf(page.Items).Where(key => !listed.Contains(Number(key.ToString()))), RemoveAsync, cancellationToken);
            (continuation, query) = (page.Continuation, query + (page.Continuation is null ? 1 : 0));
            progressed();
        }
    }

    private async Task CompareAsync(JsonUtf8 json, CancellationToken cancellationToken)
    {
        var twin = UpstreamTwin.ReadHead(json);
        if (KeyOf(twin) is not { } key)
        {
            return;
        }

        var row = await reader.ReadAsync(key, cancellationToken);
        var isSame = row is not null && UpstreamMark.Of(row) is { } mark && row.TwinVersion == twin.Version && mark.IsConnected == twin.IsConnected
            && mark.IdentityETag == twin.IdentityETag && (mark.TwinETag is null || mark.TwinETag == twin.ETag);
        if (!isSame)
        {
            await ReadAgainAsync(key);
        }
    }

    private async Task RemoveAsync(DeviceKey key, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync(key, cancellationToken) is not { Upstream: null })
        {
            await ReadAgainAsync(key);
            return;
        }

        Interlocked.Increment(ref foreign);
    }

    private async Task ReadAgainAsync(DeviceKey key)
    {
        await grains.GetGrain<IUpstreamMirror>(key.ToString()).ReadAgainAsync();
        Interlocked.Increment(ref readAgain);
        instruments.ReadAgain();
    }

    // One device that fails keeps no other from its turn; a page of which some failed is gone through again, but not for ever.
    private async Task ForEachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, Task> each, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<Exception>();
        await Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (item, token) =>
            {
                try
                {
                    await each(item, token);
                }
                catch (Exception e) when (!token.IsCancellationRequested)
                {
                    failures.Enqueue(e);
                }
            });
        if (!failures.IsEmpty && ++tries < MaxTries)
        {
            throw new UpstreamFaultException($"{failures.Count} devices of a page could not be compared: {failures.First().Message}");
        }

        tries = 0;
        Interlocked.Add(ref failed, failures.Count);
    }

    private static DeviceKey? KeyOf(UpstreamTwin twin) => DeviceKey.TryCreate(twin.DeviceId, twin.ModuleId, out var key) ? key : null;

    private static List<DeviceKey> KeysOf(JsonUtf8 items)
    {
        using var document = JsonDocument.Parse(items.Memory);
        var keys = new List<DeviceKey>();
        foreach (var item in document.RootElement.EnumerateArray())
        {
            if (DeviceKey.TryCreate(item.GetProperty("deviceId").GetString()!, UpstreamJson.Text(item, "moduleId"), out var key))
            {
                keys.Add(key);
            }
        }

        return keys;
    }

    private static ulong Number(string key)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in key)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash ^ (hash >> 33);
    }
}
