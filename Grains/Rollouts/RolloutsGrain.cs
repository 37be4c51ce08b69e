using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Calls;
using Muster.Storage;

namespace Muster.Rollouts;

/// <summary>Which rollouts there are. Of 2,000 the oldest that is not live is forgotten.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutsState")]
internal sealed record RolloutsState
{
    internal const int MaxKnown = 2000;
    internal const int MaxLive = 200;

    /// <summary>Oldest first.</summary>
    [Id(0)] public ImmutableArray<string> Known { get; init; } = [];

    [Id(1)] public ImmutableArray<string> Live { get; init; } = [];

    internal RolloutsState Knowing(string rollout)
    {
        if (Known.Contains(rollout))
        {
            return this;
        }

        var known = Known.Add(rollout);
        return this with { Known = known.Length <= MaxKnown ? known : known.Remove(known.FirstOrDefault(id => !Live.Contains(id), known[0])) };
    }

    internal RolloutsState? Waking(string rollout) => Live.Contains(rollout) ? this : Live.Length >= MaxLive ? null : this with { Live = Live.Add(rollout) };

    internal RolloutsState Resting(string rollout) => this with { Live = Live.Remove(rollout) };
}

[GrainType("rollouts")]
internal sealed partial class RolloutsGrain(
    [PersistentState("state", StorageNames.Documents)] IPersistentState<RolloutsState> storage,
    IOptions<RolloutOptions> options,
    TimeProvider clock,
    ILogger<RolloutsGrain> logger) : Grain, IRolloutsGrain
{
    private const int AskedAtOnce = 16;
    private readonly HashSet<string> ticking = new(StringComparer.Ordinal);
    private readonly HashSet<string> resting = new(StringComparer.Ordinal);
    private RolloutsState state = new();
    private DateTimeOffset tickedAt;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        state = storage.RecordExists ? storage.State : state;
        return Task.CompletedTask;
    }

    public async Task<ImmutableArray<RolloutView>> ListAsync(string? after, int max)
    {
        ImmutableArray<string> newest = [.. state.Known.Reverse()];
        var first = after is null ? 0 : newest.IndexOf(after) + 1;
        if (after is not null && first == 0)
        {
            return [];
        }

        var views = ImmutableArray.CreateBuilder<RolloutView>();
        foreach (var some in newest.Skip(first).Take(Math.Clamp(max, 1, 100)).Chunk(AskedAtOnce))
        {
            var replies = await Task.WhenAll(some.Select(id => GrainFactory.GetGrain<IRolloutGrain>(id).GetAsync()));
            views.AddRange(replies.OfType<RolloutReply.Found>().Select(static found => found.Rollout));
        }

        return views.ToImmutable();
    }

    public Task AddAsync(string rollout) => SaveAsync(state.Knowing(rollout));

    public async Task<bool> WakeAsync(string rollout)
    {
        resting.Remove(rollout);
        if (state.Waking(rollout) is not { } next)
        {
            return false;
        }

        await SaveAsync(next);
        return true;
    }

    public async Task TickAsync()
    {
        // Each silo asks; one of them is enough.
        var now = clock.GetUtcNow();
        if (now - tickedAt < options.Value.TickEvery / 2 && now >= tickedAt)
        {
            return;
        }

        tickedAt = now;
        if (resting.Count > 0)
        {
            string[] over = [.. resting];
            await SaveAsync(over.Aggregate(state, static (next, rollout) => next.Resting(rollout)));
            resting.ExceptWith(over);
        }

        foreach (var rollout in state.Live.Where(ticking.Add))
        {
            TickOneAsync(rollout).Ignore();
        }
    }

    // Not awaited by the tick: a rollout that is slow to answer keeps neither others nor those who list them waiting.
    private async Task TickOneAsync(string rollout)
    {
        try
        {
            if (!await GrainFactory.GetGrain<IRolloutGrain>(rollout).TickAsync())
            {
                resting.Add(rollout);
            }
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            LogNotTicked(e, rollout);
        }
        catch (Exception e)
        {
            LogTickFailed(e, rollout);
        }
        finally
        {
            ticking.Remove(rollout);
        }
    }

    private async Task SaveAsync(RolloutsState next)
    {
        if (!ReferenceEquals(next, state))
        {
            storage.State = next;
            await storage.WriteStateAsync();
            state = next;
        }
    }

    [LoggerMessage(EventId = 8250, Level = LogLevel.Debug, Message = "Rollout {RolloutId} could not be looked at; it is again")]
    private partial void LogNotTicked(Exception exception, string rolloutId);

    [LoggerMessage(EventId = 8251, Level = LogLevel.Error, Message = "Rollout {RolloutId} failed when it was looked at; it is again")]
    private partial void LogTickFailed(Exception exception, string rolloutId);
}
