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

    /// <summary>Rollouts that take back, and those that they take back, find room behind <see cref="MaxLive"/> others: what does harm must not wait for them.</summary>
    internal const int MaxLiveUrgently = 2 * MaxLive;

    /// <summary>Oldest first.</summary>
    [Id(0)] public ImmutableArray<string> Known { get; init; } = [];

    [Id(1)] public ImmutableArray<string> Live { get; init; } = [];

    /// <summary>Rollouts that are not live and are to be looked at, and when.</summary>
    [Id(2)] public ImmutableDictionary<string, DateTimeOffset> Expected { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    internal RolloutsState Knowing(string rollout)
    {
        if (Known.Contains(rollout))
        {
            return this;
        }

        var known = Known.Add(rollout);
        return this with { Known = known.Length <= MaxKnown ? known : known.Remove(known.FirstOrDefault(id => !Live.Contains(id), known[0])) };
    }

    internal RolloutsState? Waking(string rollout, bool isUrgent = false) =>
        Live.Contains(rollout) ? this : Live.Length >= (isUrgent ? MaxLiveUrgently : MaxLive) ? null : this with { Live = Live.Add(rollout) };

    /// <summary>A time that has come is a call that was made: only one that is still to come is kept before a later one.</summary>
    internal RolloutsState Expecting(string rollout, DateTimeOffset at, DateTimeOffset now)
    {
        var isKept = Expected.TryGetValue(rollout, out var before) ? before == at || (before > now && before < at) : Expected.Count >= MaxKnown;
        return isKept ? this : this with { Expected = Expected.SetItem(rollout, at) };
    }

    internal IEnumerable<string> Due(DateTimeOffset now) => Expected.Where(expected => expected.Value <= now).Select(static expected => expected.Key);

    /// <summary>Nothing more is to be done for it now.</summary>
    internal RolloutsState Resting(string rollout, DateTimeOffset now) => this with
    {
        Live = Live.Remove(rollout),
        Expected = Expected.TryGetValue(rollout, out var at) && at <= now ? Expected.Remove(rollout) : Expected,
    };
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

    public Task<bool> WakeAsync(string rollout) => WakeAsync(rollout, isUrgent: false);

    public Task<bool> WakeUrgentlyAsync(string rollout) => WakeAsync(rollout, isUrgent: true);

    public Task ExpectAsync(string rollout, DateTimeOffset at)
    {
        resting.Remove(rollout);
        return SaveAsync(state.Expecting(rollout, at, clock.GetUtcNow()));
    }

    private async Task<bool> WakeAsync(string rollout, bool isUrgent)
    {
        resting.Remove(rollout);
        if (state.Waking(rollout, isUrgent) is not { } next)
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
            await SaveAsync(over.Aggregate(state, (next, rollout) => next.Resting(rollout, now)));
            resting.ExceptWith(over);
        }

        foreach (var rollout in state.Live.Concat(state.Due(now)).Where(ticking.Add).ToList())
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
