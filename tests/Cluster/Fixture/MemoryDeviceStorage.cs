using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Muster.Devices;
using Muster.Fleet;
using Muster.Query;
using Orleans.Storage;

namespace Muster.Fixture;

/// <summary>Device rows in memory, shared by all silos; a test can hold or fail the writes of its own device.</summary>
internal sealed class MemoryDeviceStorage : IGrainStorage, IDeviceReader, IFleetIndex
{
    private readonly ConcurrentDictionary<string, Row> rows = new();
    private readonly ConcurrentDictionary<string, Exception> faults = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> gates = new();
    private readonly ConcurrentDictionary<string, int> writes = new();

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

    public Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

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
