using System.Collections.Immutable;
using Muster.Errors;
using Muster.Gates;
using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Gateway;

/// <summary>Rollouts that keep what they were asked, and answer what the test says.</summary>
internal sealed class FakeRollouts(FakeCluster cluster) : IRolloutsGrain, IUpdateHistoryGrain, IGateSecretGrain
{
    private readonly Dictionary<string, FakeRollout> rollouts = new(StringComparer.Ordinal);

    internal FakeRollout this[string id]
    {
        get
        {
            lock (rollouts)
            {
                return rollouts.TryGetValue(id, out var rollout) ? rollout : rollouts[id] = new FakeRollout(cluster, id);
            }
        }
    }

    /// <summary>Ids that anything was asked of.</summary>
    internal string[] Asked => [.. rollouts.Keys];

    internal List<RolloutView> Listed { get; } = [];

    internal List<(string? After, int Max)> Pages { get; } = [];

    internal ImmutableArray<UpdateStep> Steps { get; set; } = [];

    internal (string DeviceId, long Before, int Max) LastRead { get; private set; }

    public Task<ImmutableArray<RolloutView>> ListAsync(string? after, int max)
    {
        Pages.Add((after, max));
        var from = after is null ? 0 : Listed.FindIndex(view => view.Id == after) + 1;
        return Task.FromResult(Listed.Skip(from).Take(max).ToImmutableArray());
    }

    public Task AddAsync(string rollout) => throw new NotSupportedException();

    public Task<bool> WakeAsync(string rollout) => throw new NotSupportedException();

    public Task<bool> WakeUrgentlyAsync(string rollout) => throw new NotSupportedException();

    public Task ExpectAsync(string rollout, DateTimeOffset at) => throw new NotSupportedException();

    public Task TickAsync() => throw new NotSupportedException();

    public Task<ImmutableArray<RolloutStep>> ReadRolloutAsync(string rollout, long after, int max) => throw new NotSupportedException();

    /// <summary>The rollouts that have a device for a member, whose turn has not come.</summary>
    internal Dictionary<string, ImmutableArray<RolloutTurn>> Turns { get; } = [];

    public Task<ImmutableArray<RolloutTurn>> ReadTurnsAsync(string deviceId) => Task.FromResult(Turns.GetValueOrDefault(deviceId, []));

    public Task<string> GetAsync() => Task.FromResult("secret");

    /// <summary>The token of every link is <c>good</c>.</summary>
    public Task<bool> HoldsAsync(string deviceId, string gate, string token) => Task.FromResult(token == "good");

    public Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int max)
    {
        LastRead = (deviceId, before, max);
        return Task.FromResult(Steps.Where(step => step.Sequence < before).Take(max).ToImmutableArray());
    }
}

/// <summary>One of <see cref="FakeRollouts"/>.</summary>
internal sealed class FakeRollout(FakeCluster cluster, string id) : IRolloutGrain, IRolloutGatesGrain
{
    internal static readonly RolloutSpec Plain = new() { Name = "Pump", Release = "pump@2", Target = new RolloutTarget { Condition = "" } };

    /// <summary>What was asked last, with its arguments.</summary>
    internal string? Last { get; private set; }

    internal RolloutSpec? Spec { get; private set; }

    /// <summary>Answered to everything, if set.</summary>
    internal Refusal? Refusal { get; set; }

    internal int Reads { get; private set; }

    internal RolloutView View { get; set; } = Stands(id);

    internal RolloutPlan Plan { get; set; } = new() { Hash = new string('a', 64), Total = 0 };

    internal ImmutableArray<RolloutMember> Members { get; set; } = [];

    internal static RolloutView Stands(string id, RolloutStatus status = RolloutStatus.Draft) => new()
    {
        Id = id,
        Spec = Plain,
        Status = status,
        Author = "ada",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Since = DateTimeOffset.UnixEpoch,
        ETag = "e1",
    };

    public Task<RolloutReply> CreateAsync(RolloutSpec spec, string author) => Write(spec, $"create {author}");

    public Task<RolloutReply> GetAsync()
    {
        cluster.Break();
        Reads++;
        return Answer();
    }

    public Task<RolloutReply> UpdateAsync(RolloutSpec spec, string author, string? ifMatch) => Write(spec, $"update {author} {ifMatch}");

    public Task<PlanReply> PlanAsync(int pageSize, string? continuation)
    {
        Last = $"plan {pageSize} {continuation}";
        return Task.FromResult<PlanReply>(Refusal is { } why ? new PlanReply.Refused(why) : new PlanReply.Found(Plan));
    }

    public Task<RolloutReply> SubmitAsync(string actor, string? ifMatch) => Do($"submit {actor} {ifMatch}");

    public Task<RolloutReply> DecideAsync(string principal, ImmutableArray<string> roles, string planHash, bool isApproved, string? comment) =>
        Do($"decide {principal} [{string.Join(',', roles)}] {planHash} {isApproved} {comment}");

    public Task<RolloutReply> StartAsync(string actor, string? ifMatch) => Do($"start {actor} {ifMatch}");

    public Task<RolloutReply> PauseAsync(string actor, PauseLevel level, string? ifMatch) => Do($"pause {actor} {level} {ifMatch}");

    public Task<RolloutReply> ResumeAsync(string actor, string? ifMatch) => Do($"resume {actor} {ifMatch}");

    public Task<RolloutReply> AbortAsync(string actor, string reason, string? ifMatch) => Do($"abort {actor} {reason} {ifMatch}");

    public Task<RolloutReply> RollBackAsync(string actor, string reason, string? ifMatch) => Do($"rollback {actor} {reason} {ifMatch}");

    public Task<RolloutReply> WithdrawAsync(string actor, string? ifMatch) => Do($"withdraw {actor} {ifMatch}");

    public Task<ImmutableArray<RolloutMember>> ListMembersAsync(UpdateStatus? status, string? after, int max)
    {
        Last = $"members {status} {after} {max}";
        return Task.FromResult(Members);
    }

    internal ImmutableArray<GateView> Gates { get; set; } = [];

    internal GateAnswer? LastGateAnswer { get; private set; }

    public Task<ImmutableArray<GateView>> ListGatesAsync() => Task.FromResult(Gates);

    public Task<GateReply> AnswerGateAsync(string gate, GateAnswer answer)
    {
        LastGateAnswer = answer;
        return Task.FromResult<GateReply>(Gates.FirstOrDefault(one => one.Key == gate) is { } known ? new GateReply.Accepted(known) : new GateReply.Unknown());
    }

    public Task<GateReply> AnswerGateByLinkAsync(string gate, GateAnswer answer, string token) => token == "good" ? AnswerGateAsync(gate, answer) : Task.FromResult<GateReply>(new GateReply.Unknown());

    public Task<bool> TickAsync() => throw new NotSupportedException();

    public Task OnProgressAsync(ProgressBatch batch) => throw new NotSupportedException();

    private Task<RolloutReply> Write(RolloutSpec spec, string what)
    {
        Spec = spec;
        return Do(what);
    }

    private Task<RolloutReply> Do(string what)
    {
        Last = what.TrimEnd();
        return Answer();
    }

    private Task<RolloutReply> Answer() => Task.FromResult<RolloutReply>(Refusal is { } why ? new RolloutReply.Refused(why) : new RolloutReply.Found(View));
}
