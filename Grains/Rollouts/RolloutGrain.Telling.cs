using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What devices are told, through the shards. What gets lost on the way is found in the store, and told again.</summary>
internal sealed partial class RolloutGrain
{
    private const int ShardBatchSize = 250;
    private const int MaxUnwilling = 10_000;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);
    private readonly HashSet<string> telling = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Unwilling> unwilling = new(StringComparer.Ordinal);
    private readonly HashSet<string> gone = new(StringComparer.Ordinal);
    private DateTimeOffset retellAt;
    private string? retoldTo;

    private bool IsTellingMuch => telling.Count >= Settings.Shards * Settings.Concurrency * 8;

    private void Tell(ShardOrder order, IEnumerable<ShardDevice> devices, Action? failed = null, PauseLevel? level = null, string? reason = null)
    {
        var (spec, shards) = (state.Spec, (ulong)Settings.Shards);
        foreach (var shard in devices.GroupBy(device => GroupSplit.Hash(device.DeviceId) % shards))
        {
            foreach (var some in shard.Chunk(ShardBatchSize))
            {
                var batch = new ShardBatch
                {
                    Rollout = Id,
                    Order = order,
                    Devices = [.. some],
                    Release = spec.Release,
                    Priority = spec.Priority,
                    IsRollback = state.IsRollback,
                    Reason = reason ?? (state.IsTimeOver ? "RolloutEnded" : state.Status.ToString()),
                    Level = level ?? state.Pause,
                };
                TellAsync(GrainFactory.GetGrain<IRolloutShardGrain>($"{Id}/{shard.Key}"), batch, failed).Ignore();
            }
        }
    }

    private async Task TellAsync(IRolloutShardGrain shard, ShardBatch batch, Action? failed)
    {
        telling.UnionWith(batch.Devices.Select(static device => device.DeviceId));
        try
        {
            Note(batch, await shard.TellAsync(batch), failed);
        }
        catch (Exception e)
        {
            LogShardFailed(e, Id);
            Note(batch, [.. batch.Devices.Select(static device => new ShardAnswer(device.DeviceId, ShardOutcome.Failed, null))], failed);
        }
        finally
        {
            telling.ExceptWith(batch.Devices.Select(static device => device.DeviceId));
            Continue();
        }
    }

    private void Note(ShardBatch batch, ImmutableArray<ShardAnswer> answers, Action? failed)
    {
        if (batch.Order is not (ShardOrder.Assign or ShardOrder.Grant))
        {
            if (answers.Length > 0)
            {
                failed?.Invoke();
            }

            return;
        }

        var refused = answers.ToDictionary(static answer => answer.DeviceId, StringComparer.Ordinal);
        foreach (var device in batch.Devices)
        {
            if (!refused.TryGetValue(device.DeviceId, out var answer))
            {
                unwilling.Remove(device.DeviceId);
            }
            else if (answer.Outcome == ShardOutcome.Unknown)
            {
                gone.Add(device.DeviceId);
            }
            else if (unwilling.Count < MaxUnwilling || unwilling.ContainsKey(device.DeviceId))
            {
                unwilling[device.DeviceId] = unwilling.GetValueOrDefault(device.DeviceId).Again(answer.Holder, Now, Settings.RetellEvery);
            }

            if (answer.DeviceId is not null && retellAt > Now + Settings.RetellEvery)
            {
                retellAt = Now + Settings.RetellEvery;
            }
        }
    }

    /// <summary>Tells again those who have not taken up what the store says they were given.</summary>
    /// <returns>True if there are more to be told at once.</returns>
    private async Task<bool> RetellAsync()
    {
        await ForgetGoneAsync();
        if (Now < retellAt || IsTellingMuch)
        {
            return false;
        }

        var page = await Targets.ReadUntoldAsync(Id, retoldTo, Settings.AdmitBatch, CancellationToken.None);
        var room = await GivenAsync(page);
        Tell(ShardOrder.Assign, page.Where(target => room.Contains(target.DeviceId) && !telling.Contains(target.DeviceId) && unwilling.GetValueOrDefault(target.DeviceId).NextAt <= Now)
            .Select(static target => new ShardDevice
            {
                DeviceId = target.DeviceId,
                Group = target.Group,
                Epoch = target.Epoch,
                IsGranted = target.IsGranted,
                Release = target.Release,
            }));
        var isMore = page.Length == Settings.AdmitBatch;
        retoldTo = isMore ? page[^1].DeviceId : null;
        retellAt = isMore ? Now : Now + (unwilling.Count > 0 ? Settings.RetellEvery : LookAgain);
        return isMore;
    }

    // A device that was deleted since has nothing to tell: its member ends.
    private async Task ForgetGoneAsync()
    {
        if (gone.Count > 0)
        {
            string[] ids = [.. gone.Take(Settings.AdmitBatch)];
            await Targets.EndAsync(await LeadAsync(), new TargetEnd(ids, UpdateStatus.Skipped, Tally.DeviceNotFound), CancellationToken.None);
            gone.ExceptWith(ids);
            isDirty = true;
        }
    }

    /// <summary>A device that did not take what it was told, and when it is told again.</summary>
    private readonly record struct Unwilling(int Tries, DateTimeOffset NextAt, string? Holder)
    {
        private const int MaxDoublings = 6;

        internal Unwilling Again(string? holder, DateTimeOffset now, TimeSpan pause) =>
            new(Tries + 1, now + (pause * (1 << Math.Min(Tries, MaxDoublings))), holder);
    }
}
