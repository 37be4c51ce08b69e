using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.Gates;

/// <summary>The gates that a rollout keeps itself: its own, its groups' and its sites'. Devices keep theirs. Key: the rollout's id.</summary>
[Alias("muster.IRolloutGatesGrain")]
public interface IRolloutGatesGrain : IGrainWithStringKey
{
    /// <summary>Those that were asked for and are not closed, in the order in which they were asked for, at most 1,000; empty if there are none, or no such rollout.</summary>
    [Alias("ListGates"), ReadOnly]
    Task<ImmutableArray<GateView>> ListGatesAsync();

    /// <summary>Somebody says something of a gate; durable when it returns. Whether he may is for the caller to know. Idempotent.</summary>
    /// <param name="gate">The gate's key.</param>
    /// <param name="answer">What, and who.</param>
    [Alias("AnswerGate")]
    Task<GateReply> AnswerGateAsync(string gate, GateAnswer answer);

    /// <summary>The same by whoever has the gate's own link; unknown to anybody else.</summary>
    /// <param name="gate">The gate's key.</param>
    /// <param name="answer">What, and who.</param>
    /// <param name="token">Of the link.</param>
    [Alias("AnswerGateByLink")]
    Task<GateReply> AnswerGateByLinkAsync(string gate, GateAnswer answer, string token);
}
