using Muster.Gates;
using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>Something that may move a device's update. May come twice, late, or not at all.</summary>
internal abstract record UpdateSignal
{
    private UpdateSignal() { }

    /// <summary>What the history calls it.</summary>
    internal virtual string Name => GetType().Name;

    /// <summary>What the history says brought it about.</summary>
    internal virtual string Actor => "engine";

    /// <summary>Room under the rollout's limits was taken for it.</summary>
    internal sealed record Granted : UpdateSignal;

    /// <summary>The agent says something.</summary>
    internal sealed record Reported(AgentReport Report) : UpdateSignal
    {
        internal override string Name => Report.Event.ToString();

        internal override string Actor => "device";
    }

    /// <summary>The device said anew how it is.</summary>
    /// <param name="IsVersionTold">And what it runs.</param>
    internal sealed record FactsSeen(bool IsVersionTold) : UpdateSignal
    {
        internal override string Actor => "device";
    }

    /// <summary>It connected.</summary>
    internal sealed record Seen : UpdateSignal
    {
        internal override string Actor => "device";
    }

    /// <summary>A deadline has come, or the time to look again.</summary>
    internal sealed record DeadlinePassed : UpdateSignal;

    internal sealed record CancelRequested(string By, string Why) : UpdateSignal
    {
        internal override string Actor => By;
    }

    internal sealed record RollBackRequested(string By, string Why) : UpdateSignal
    {
        internal override string Actor => By;
    }

    /// <summary>Somebody says something of a gate.</summary>
    internal sealed record GateAnswered(string Key, GateAnswer Answer) : UpdateSignal
    {
        internal override string Name => $"Gate{Answer.Word}";

        internal override string Actor => Answer.Actor;
    }

    /// <summary>An operator holds back, or lets go.</summary>
    internal sealed record Held(PauseLevel Level) : UpdateSignal
    {
        internal override string Actor => "rollout";
    }
}
