using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Json;
using Muster.Query;
using Muster.Sessions;
using Muster.Telemetry;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;

namespace Muster.Fixture;

/// <summary>Device rows in memory, shared by all silos; a test can hold or fail the writes of its own device.</summary>
internal sealed class MemoryDeviceStorage : IGrainStorage, IDeviceReader, IFleetIndex, IDeadlineIndex, ISessionIndex
{
    private readonly ConcurrentDictionary<string, Row> rows = new();
    private readonly ConcurrentDictionary<string, Exception> faults = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> gates = new();
    private readonly ConcurrentDictionary<string, int> writes = new();
    private readonly ConcurrentDictionary<string, int> reads = new();

    /// <summary>The next write of the device fails and stores nothing.</summary>
    public void FailNextWrite(string key, Exception exception) => faults[key] = exception;

    /// <summary>Writes of the device wait until what is returned is disposed.</summary>
    public IDisposable HoldWrites(string key)
    {
        gates[key] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new Release(this, key);
    }

    /// <summary>Completes once the device's write number <paramref name="count"/> has begun.</summary>
    public async Task WriteBeganAsync(string key, int count)
    {
        while (WritesOf(key) < count)
        {
            await Task.Yield();
        }
    }

    public int WritesOf(string key) => writes.GetValueOrDefault(key);

    public DeviceState? Stored(string key) => rows.TryGetValue(key, out var row) ? row.State : null;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        reads.AddOrUpdate(grainId.Key.ToString()!, 1, (_, count) => count + 1);
        if (rows.TryGetValue(grainId.Key.ToString()!, out var row))
        {
            (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)(object)row.State, row.ETag, true);
        }

        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString()!;
        var row = new Row((DeviceState)(object)grainState.State!, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));
        await BeforeWriteAsync(key);
        var stored = grainState.ETag is null ? rows.TryAdd(key, row) : rows.TryGetValue(key, out var old) && old.ETag == grainState.ETag && rows.TryUpdate(key, row, old);
        if (!stored)
        {
            throw new InconsistentStateException($"{key} was written by another.");
        }

        (grainState.ETag, grainState.RecordExists) = (row.ETag, true);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString()!;
        await BeforeWriteAsync(key);
        rows.TryRemove(key, out _);
        (grainState.ETag, grainState.RecordExists, grainState.State) = (null, false, Activator.CreateInstance<T>());
    }

    public ValueTask<DeviceState?> ReadAsync(DeviceKey key, CancellationToken cancellationToken) => ValueTask.FromResult(Stored(key.ToString()));

    public Task PingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<ImmutableArray<DeviceRow>> ListDevicesAsync(int top, CancellationToken cancellationToken) =>
        Task.FromResult(Rows().Where(row => !row.Key.IsModule).Take(top).ToImmutableArray());

    public Task<ImmutableArray<DeviceRow>> ListModulesAsync(string deviceId, CancellationToken cancellationToken) =>
        Task.FromResult(Rows().Where(row => row.Key.IsModule && row.Key.DeviceId == deviceId).ToImmutableArray());

    public Task<FleetStatistics> CountAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Knows the ids of all devices or of all modules, and nothing else.</summary>
    public Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken)
    {
        Assert.Null(query.Where);
        var found = Rows().Where(row => row.Key.IsModule == (query.Source == QuerySource.Modules)).Select(row => new { row.Key.DeviceId, row.Key.ModuleId });
        return Task.FromResult(new QueryPage(QueryItemType.Raw, JsonUtf8.From(found), null));
    }

    /// <summary>All rows, by key.</summary>
    public ImmutableSortedDictionary<string, DeviceState> All() => rows.ToImmutableSortedDictionary(row => row.Key, row => row.Value.State, StringComparer.Ordinal);

    public Task<ImmutableArray<DueRow>> ReadDueAsync(DuePage page, CancellationToken cancellationToken) =>
        Task.FromResult(Rows().Where(row => row.State.NextDeadline <= page.Now && page.Partitions.Contains(PartitionHash.VirtualPartition(row.Key.DeviceId)))
            .Select(row => new DueRow(row.State.NextDeadline!.Value, row.Key)).Order(Comparer<DueRow>.Create(Compare))
            .Where(row => page.After is not { } after || Compare(row, after) > 0).Take(page.Limit).ToImmutableArray());

    public Task<ImmutableArray<SiloAddress>> ReadSilosAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Rows().Select(row => row.State.Session.Current?.Silo).OfType<SiloAddress>().Distinct().ToImmutableArray());

    public Task<ImmutableArray<SessionRow>> ReadSessionsAsync(SiloAddress silo, long afterId, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(Rows().Where(row => row.State.Session.Current?.Silo.Equals(silo) == true)
            .Select(row => new SessionRow(row.State.Identity.GenerationId, row.Key, row.State.Session.Current!))
            .Where(row => row.Id > afterId).OrderBy(row => row.Id).Take(limit).ToImmutableArray());

    /// <summary>Puts a row there as another silo would have.</summary>
    public void Put(string key, DeviceState state) => rows[key] = new Row(state, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture));

    /// <summary>How often the device's row was read for its grain.</summary>
    public int ReadsOf(string key) => reads.GetValueOrDefault(key);

    private static int Compare(DueRow a, DueRow b) => a.Deadline != b.Deadline ? a.Deadline.CompareTo(b.Deadline)
        : a.Key.DeviceId != b.Key.DeviceId ? string.CompareOrdinal(a.Key.DeviceId, b.Key.DeviceId)
        : string.CompareOrdinal(a.Key.ModuleId, b.Key.ModuleId);

    private IEnumerable<DeviceRow> Rows() => rows.Select(row => new DeviceRow(DeviceKey.Parse(row.Key, CultureInfo.InvariantCulture), row.Value.State));

    private async Task BeforeWriteAsync(string key)
    {
        writes.AddOrUpdate(key, 1, (_, count) => count + 1);
        if (gates.TryGetValue(key, out var gate))
        {
            await gate.Task;
        }

        if (faults.TryRemove(key, out var fault))
        {
            throw fault;
        }
    }

    private sealed record Row(DeviceState State, string ETag);

    private sealed class Release(MemoryDeviceStorage storage, string key) : IDisposable
    {
        public void Dispose()
        {
            if (storage.gates.TryRemove(key, out var gate))
            {
                gate.SetResult();
            }
        }
    }
}
