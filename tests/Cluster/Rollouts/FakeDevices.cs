using System.Collections.Concurrent;
using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What becomes of a device that is offered an update.</summary>
internal sealed record Fate(UpdateStatus End, string? Reason = null)
{
    internal static Fate Well { get; } = new(UpdateStatus.Succeeded);

    internal static Fate Fails { get; } = new(UpdateStatus.Failed, "InstallFailed");
}

/// <summary>Devices that take what they are told, and end when the test lets them.</summary>
internal sealed class FakeDevices(MemoryRolloutTargets targets) : IRolloutDevices
{
    private readonly ConcurrentDictionary<(string Rollout, string DeviceId), Underway> underway = new();
    private readonly ConcurrentDictionary<string, Fate> fates = new();
    private long sequence;

    /// <summary>Progress goes there; null for lost.</summary>
    internal Func<string, ProgressBatch, Task>? Progress { get; set; }

    /// <summary>Devices held by another rollout.</summary>
    internal ConcurrentDictionary<string, string> Busy { get; } = new();

    /// <summary>Devices that are not registered.</summary>
    internal ConcurrentDictionary<string, bool> Unknown { get; } = new();

    /// <summary>Each call fails before it takes effect, while it is set.</summary>
    internal volatile bool IsOffline;

    /// <summary>Devices end as soon as they are offered.</summary>
    internal volatile bool EndsAtOnce;

    /// <summary>What devices were told, in order.</summary>
    internal ConcurrentQueue<(string DeviceId, string What)> Told { get; } = new();

    internal ConcurrentQueue<UpdateAssignment> Assigned { get; } = new();

    internal void Destine(string deviceId, Fate fate) => fates[deviceId] = fate;

    internal int UnderwayOf(string rollout) => underway.Keys.Count(key => key.Rollout == rollout);

    public async Task<AssignReply> AssignAsync(string deviceId, UpdateAssignment assignment)
    {
        Check();
        if (Unknown.ContainsKey(deviceId))
        {
            return new AssignReply.Unknown();
        }

        if (Busy.TryGetValue(deviceId, out var holder))
        {
            return new AssignReply.Busy(holder);
        }

        var device = underway.GetOrAdd((assignment.Rollout, deviceId), _ => new Underway(assignment.Epoch, assignment.Group));
        if (device.IsAssigned)
        {
            return new AssignReply.Taken(device.Status);
        }

        device.IsAssigned = true;
        Assigned.Enqueue(assignment);
        await MoveAsync((assignment.Rollout, deviceId), device, assignment.IsGranted ? UpdateStatus.Offered : UpdateStatus.Gated, assignment.IsGranted);
        return new AssignReply.Taken(device.Status);
    }

    public async Task<bool> GrantAsync(string deviceId, string rollout, int epoch)
    {
        Check();
        if (underway.TryGetValue((rollout, deviceId), out var device) && device.Status == UpdateStatus.Gated)
        {
            await MoveAsync((rollout, deviceId), device, UpdateStatus.Offered, isGranted: true);
        }

        return true;
    }

    public async Task CancelAsync(string deviceId, string rollout, string actor, string reason)
    {
        Check();
        Told.Enqueue((deviceId, $"cancel {reason}"));
        if (underway.TryGetValue((rollout, deviceId), out var device) && device.Status < UpdateStatus.Installing)
        {
            await EndAsync((rollout, deviceId), device, new Fate(UpdateStatus.Canceled, reason));
        }
    }

    public async Task RollBackAsync(string deviceId, string rollout, string actor, string reason)
    {
        Check();
        Told.Enqueue((deviceId, "roll back"));
        if (underway.TryGetValue((rollout, deviceId), out var device))
        {
            await EndAsync((rollout, deviceId), device, new Fate(UpdateStatus.RolledBack));
        }
    }

    public Task HoldAsync(string deviceId, string rollout, PauseLevel level)
    {
        Check();
        Told.Enqueue((deviceId, $"hold {level}"));
        return Task.CompletedTask;
    }

    /// <summary>Lets a device that was offered go on to a status.</summary>
    internal Task AdvanceAsync(string rollout, string deviceId, UpdateStatus to) =>
        MoveAsync((rollout, deviceId), underway[(rollout, deviceId)], to, isGranted: true);

    /// <summary>Lets those that were offered come to their ends; at most so many.</summary>
    internal async Task<int> FinishAsync(string rollout, int most = int.MaxValue)
    {
        var offered = underway.Where(entry => entry.Key.Rollout == rollout && entry.Value.Status >= UpdateStatus.Offered)
            .OrderBy(static entry => entry.Key.DeviceId, StringComparer.Ordinal).Take(most).ToList();
        foreach (var (key, device) in offered)
        {
            await EndAsync(key, device, fates.GetValueOrDefault(key.DeviceId, Fate.Well));
        }

        return offered.Count;
    }

    private async Task MoveAsync((string Rollout, string DeviceId) key, Underway device, UpdateStatus to, bool isGranted)
    {
        var from = device.Status;
        device.Status = to;
        var isReady = to == UpdateStatus.Gated;
        targets.Step(key.Rollout, key.DeviceId, Step(key, device, from, to, null) with { IsGranted = isGranted, IsReady = isReady });
        if (isReady)
        {
            await SayAsync(key, device, from, to, null);
        }
        else if (EndsAtOnce && to == UpdateStatus.Offered)
        {
            await EndAsync(key, device, fates.GetValueOrDefault(key.DeviceId, Fate.Well));
        }
    }

    private async Task EndAsync((string Rollout, string DeviceId) key, Underway device, Fate fate)
    {
        if (!underway.TryRemove(key, out _))
        {
            return;
        }

        if (fate.End is UpdateStatus.Succeeded or UpdateStatus.Failed or UpdateStatus.RolledBack or UpdateStatus.Quarantined)
        {
            targets.Step(key.Rollout, key.DeviceId, Step(key, device, device.Status, UpdateStatus.Accepted, null) with { IsGranted = true });
        }

        var from = device.Status;
        device.Status = fate.End;
        targets.Step(key.Rollout, key.DeviceId, Step(key, device, from, fate.End, fate.Reason));
        await SayAsync(key, device, from, fate.End, fate.Reason);
    }

    private Task SayAsync((string Rollout, string DeviceId) key, Underway device, UpdateStatus from, UpdateStatus to, string? reason)
    {
        var item = new ProgressItem
        {
            DeviceId = key.DeviceId,
            Group = device.Group,
            From = from,
            To = to,
            IsGranted = false,
            IsReady = to == UpdateStatus.Gated,
            Epoch = device.Epoch,
            Reason = reason,
        };

        // Not awaited by the device: its caller is the rollout's own shard.
        _ = Progress?.Invoke(key.Rollout, new ProgressBatch("test", Interlocked.Increment(ref sequence), ImmutableArray.Create(item)));
        return Task.CompletedTask;
    }

    private void Check()
    {
        if (IsOffline)
        {
            throw new TimeoutException("The device's silo does not answer.");
        }
    }

    private static UpdateStep Step((string Rollout, string DeviceId) key, Underway device, UpdateStatus from, UpdateStatus to, string? reason) => new()
    {
        Sequence = 1,
        Rollout = key.Rollout,
        Group = device.Group,
        Attempt = 1,
        From = from,
        To = to,
        At = default,
        Trigger = "Test",
        Actor = "device",
        Epoch = device.Epoch,
        Reason = reason,
    };

    private sealed class Underway(int epoch, int group)
    {
        internal int Epoch { get; } = epoch;

        internal int Group { get; } = group;

        internal bool IsAssigned { get; set; }

        internal UpdateStatus Status { get; set; } = UpdateStatus.Eligible;
    }
}
