using Muster.Gates;

namespace Muster.Updates;

/// <summary>One decision on its way: the record as it changes, and the steps that the history gets of it.</summary>
internal sealed class UpdateCourse(DeviceUpdate update, UpdateContext context, string trigger, string actor)
{
    private List<UpdateStep>? steps;
    private List<(GateState Gate, GateEffect Effect)>? effects;

    internal DeviceUpdate Update { get; set; } = update;

    internal UpdateContext Context => context;

    internal DevicePlan Plan => context.Plan;

    internal DateTimeOffset Now => context.Now;

    internal UpdateStatus Status => Update.Status;

    internal UpdateMove Move => new(Update, steps ?? (IReadOnlyList<UpdateStep>)[], effects ?? (IReadOnlyList<(GateState, GateEffect)>)[]);

    /// <summary>Something to be said to whoever opens a gate, once this is stored.</summary>
    internal void Say(GateState gate, GateEffect effect)
    {
        if (effect != GateEffect.None)
        {
            (effects ??= []).Add((gate, effect));
        }
    }

    /// <summary>Moves to a status, whose deadline begins now. Room is given back where nothing follows.</summary>
    /// <param name="to">The status.</param>
    /// <param name="reason">One word; null where it goes well.</param>
    /// <param name="evidence">What was said or seen.</param>
    internal void To(UpdateStatus to, string? reason = null, string? evidence = null)
    {
        var from = Status;
        var isOver = to.IsFinal();
        Update = Update with
        {
            Status = to,
            Since = Now,
            Deadline = isOver ? null : Now + UpdateDeadlines.Of(to, Update, context),
            LookAt = to is >= UpdateStatus.Offered and < UpdateStatus.Installing ? context.Window.ChangesAt : null,
            Reason = reason,
            IsGranted = Update.IsGranted && !isOver,
            IsReady = Update.IsReady && to == UpdateStatus.Gated,
            WireId = to is UpdateStatus.Offered && from < UpdateStatus.Offered ? Update.WireId + 1 : Update.WireId,
        };
        Add(from, to, evidence);
    }

    /// <summary>Notes something that moved nothing.</summary>
    internal void Note(string? evidence) => Add(Status, Status, evidence);

    private void Add(UpdateStatus from, UpdateStatus to, string? evidence)
    {
        Update = Update with { Sequence = Update.Sequence + 1 };
        (steps ??= []).Add(new UpdateStep
        {
            Sequence = Update.Sequence,
            Rollout = Update.Rollout,
            Group = Update.Group,
            Attempt = Update.Attempt,
            From = from,
            To = to,
            At = Now,
            Trigger = trigger,
            Actor = actor,
            Evidence = Excerpt.Head(evidence, UpdateStep.MaxEvidenceLength),
            Epoch = Update.Epoch,
            Release = Update.Release,
            IsGranted = Update.IsGranted,
            IsReady = Update.IsReady,
            Reason = Update.Reason,
        });
    }
}

/// <summary>How long a device may stay where it is, and how often its health is looked at. Pure.</summary>
internal static class UpdateDeadlines
{
    /// <summary>Between two looks at a device that has soaked, and waits for its last gates.</summary>
    internal static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestLook = TimeSpan.FromSeconds(1);

    internal static TimeSpan Of(UpdateStatus status, DeviceUpdate update, UpdateContext context)
    {
        var timeouts = context.Plan.Timeouts;
        return status switch
        {
            UpdateStatus.Accepted => timeouts.Start,
            UpdateStatus.Downloading => Longer(timeouts.Download, TimeSpan.FromSeconds((context.Find(update.Wanted)?.Bytes ?? 0) / (double)timeouts.BytesPerSecond)),
            UpdateStatus.Installing => timeouts.Install,
            UpdateStatus.Installed => timeouts.BeforeReboot,
            UpdateStatus.Rebooting => timeouts.Reboot,
            UpdateStatus.Verifying => timeouts.Verify,
            UpdateStatus.Soaking => context.Plan.Health.Soak,
            UpdateStatus.Canceling => timeouts.Cancel,
            UpdateStatus.RollingBack => timeouts.RollBack,
            _ => timeouts.Offer,
        };
    }

    /// <summary>Between two looks at a device that soaks: a tenth of the time, from a second to a minute.</summary>
    internal static TimeSpan Look(HealthRule rule) =>
        rule.Soak / 10 is var tenth && tenth > LongestLook ? LongestLook : tenth < ShortestLook ? ShortestLook : tenth;

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
