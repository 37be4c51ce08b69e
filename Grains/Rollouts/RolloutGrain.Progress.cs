using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What silos say of members. It says when to look: what is so stands in the store.</summary>
internal sealed partial class RolloutGrain
{
    private const int MaxSilos = 256;
    private readonly Dictionary<string, long> seen = new(StringComparer.Ordinal);

    public async Task OnProgressAsync(ProgressBatch batch)
    {
        services.Instruments.OnMessage();
        if (!storage.RecordExists || batch.Sequence <= Math.Max(seen.GetValueOrDefault(batch.Silo), state.Seen.GetValueOrDefault(batch.Silo)))
        {
            return;
        }

        var inARow = state.InARow;
        foreach (var item in batch.Items)
        {
            unheard -= unheard > 0 && !item.IsGranted && (item.To.IsFinal() ? item.From != item.To : item.From >= UpdateStatus.Offered) ? 1 : 0;
            if (item.To.IsFinal() && item.From != item.To)
            {
                services.Instruments.OnFinal(item.To);
                inARow = item.To == UpdateStatus.Succeeded ? 0 : Tally.IsFailure(item.To) || item.Reason == Tally.AfterInstall ? inARow + 1 : inARow;
                hasFailures |= item.To is not UpdateStatus.Succeeded && !Tally.IsBenign(item.To);
                await CheckInARowAsync(inARow);
            }
        }

        await KeepAsync(batch, inARow);
        isDirty = true;
        StopStragglers(batch);
        Continue();
    }

    // In the order in which they ended: one that ended well behind them does not undo it.
    private async Task CheckInARowAsync(int inARow)
    {
        if (inARow > state.InARow && state.Spec.Halts.Any(rule => rule.Kind == HaltKind.Consecutive && inARow > rule.Limit))
        {
            state = state with { InARow = inARow };
            await HaltAsync();
        }
    }

    // Counted in a row must survive a restart; without such a rule nobody asks.
    private async Task KeepAsync(ProgressBatch batch, int inARow)
    {
        if (seen.Count >= MaxSilos)
        {
            seen.Clear();
        }

        seen[batch.Silo] = batch.Sequence;
        if (inARow != state.InARow && state.Spec.Halts.Any(static rule => rule.Kind == HaltKind.Consecutive))
        {
            await SaveAsync(state with { InARow = inARow, Seen = (state.Seen.Count >= MaxSilos ? state.Seen.Clear() : state.Seen).SetItem(batch.Silo, batch.Sequence) });
        }
    }

    // Told by an earlier coordinator, and late: the rollout was over before it was taken up.
    private void StopStragglers(ProgressBatch batch)
    {
        if (state.Status.IsFinal())
        {
            Tell(ShardOrder.Cancel, batch.Items.Where(static item => !item.To.IsFinal()).Select(static item => new ShardDevice { DeviceId = item.DeviceId, Epoch = item.Epoch }));
        }
    }
}
