namespace Muster.Updates;

/// <summary>What an assignment comes to.</summary>
/// <param name="Reply">For the rollout.</param>
/// <param name="Move">To be stored; null if nothing changed.</param>
internal readonly record struct AssignMove(AssignReply Reply, UpdateMove? Move);

internal static partial class UpdateMachine
{
    /// <summary>A rollout wants the device.</summary>
    /// <param name="current">The record; null if there never was an update.</param>
    /// <param name="assignment">What it wants.</param>
    /// <param name="context">Of the rollout that wants it.</param>
    /// <param name="held">Of the rollout that the record belongs to, where that is another; null if it has no plan: then the device is left to it.</param>
    internal static AssignMove Assign(DeviceUpdate? current, UpdateAssignment assignment, UpdateContext context, UpdateContext? held = null)
    {
        var steps = new List<UpdateStep>();
        if (current is not null)
        {
            var isSame = current.Rollout == assignment.Rollout;
            if (isSame && current.Epoch >= assignment.Epoch)
            {
                return new AssignMove(new AssignReply.Taken(current.Status), null);
            }

            // Whoever opened a gate for the last update has not heard that it is over: the flow around this pump is not restored.
            if (current is { IsFinal: true, Gates: not null } && !isSame)
            {
                return new AssignMove(new AssignReply.Busy(current.Rollout), null);
            }

            if (!current.IsFinal)
            {
                var stopped = isSame || held is null ? null : Supersede(current, assignment, held);
                if (stopped is not { Next: { IsFinal: true, Gates: null } } over)
                {
                    return new AssignMove(new AssignReply.Busy(current.Rollout), stopped);
                }

                steps.AddRange(over.Steps);
                current = over.Next;
            }
        }

        var move = Begin(current, assignment, context);
        steps.AddRange(move.Steps);
        return new AssignMove(new AssignReply.Taken(move.Next.Status), move with { Steps = steps });
    }

    private static UpdateMove? Supersede(DeviceUpdate current, UpdateAssignment assignment, UpdateContext context)
    {
        if (assignment.Priority <= current.Priority || !IsBeforeInstall(current.Status))
        {
            return null;
        }

        var course = new UpdateCourse(current, context, "Superseded", "rollout");
        if (current.Status < UpdateStatus.Offered)
        {
            course.To(UpdateStatus.Superseded, "Superseded", $"The rollout {assignment.Rollout} has a higher priority.");
        }
        else
        {
            Stop(course, "Superseded");
        }

        SettleGates(course);
        return course.Move;
    }

    private static UpdateMove Begin(DeviceUpdate? before, UpdateAssignment assignment, UpdateContext context)
    {
        var facts = context.Facts;
        var release = assignment.Release.Length > 0 ? context.Find(assignment.Release) : context.Find(before?.Before) ?? context.Golden;
        var update = new DeviceUpdate
        {
            Rollout = assignment.Rollout,
            Group = assignment.Group,
            Epoch = assignment.Epoch,
            Priority = assignment.Priority,
            Release = release?.Id ?? assignment.Release,
            Version = release?.Version ?? "",
            Since = context.Now,
            WireId = before?.WireId ?? 0,
            Agent = facts.Agent ?? UpdateAgent.Twin,
            IsGranted = assignment.IsGranted,
            Sequence = before?.Sequence ?? 0,
            VersionBefore = facts.SoftwareVersion,
            Good = before?.Good,
            Before = release is null ? before?.Good : BeforeOf(before, release, context),
            IsQuarantined = before?.IsQuarantined ?? false,
            IsInDoubt = before?.IsInDoubt ?? false,
            Gates = Unheard(before?.Gates),
        };
        var course = new UpdateCourse(update, context, "Assigned", "rollout");
        course.To(UpdateStatus.Eligible);
        var (to, why) = WhyNot(update, release, assignment, context);
        if (to is { } end)
        {
            course.To(end, why, $"model {facts.Model ?? "unknown"}, hardware {facts.HardwareRevision ?? "unknown"}, software {facts.SoftwareVersion ?? "unknown"}");
        }
        else
        {
            Line(course);
        }

        SettleGates(course);
        return course.Move;
    }

    /// <summary>What the device runs now, as far as a release is known for it: what was verified last, or the release of this name and that version.</summary>
    private static string? BeforeOf(DeviceUpdate? before, PlannedRelease release, UpdateContext context)
    {
        var running = $"{release.Name}@{context.Facts.SoftwareVersion}";
        return context.Find(before?.Good)?.Version == context.Facts.SoftwareVersion ? before?.Good
            : context.Find(running) is not null ? running
            : before?.Good;
    }

    private static (UpdateStatus? To, string? Why) WhyNot(DeviceUpdate update, PlannedRelease? release, UpdateAssignment assignment, UpdateContext context)
    {
        var facts = context.Facts;
        if (update.IsQuarantined)
        {
            return (UpdateStatus.Excluded, "Quarantined");
        }

        if (release is null)
        {
            return (UpdateStatus.Incompatible, assignment.Release.Length > 0 ? "ReleaseUnknown" : "NoWayBack");
        }

        if (!assignment.IsRollback && facts.HasTag(context.Plan.ExcludeTag))
        {
            return (UpdateStatus.Excluded, "Excluded");
        }

        var allowed = assignment.IsRollback ? release with { AllowDowngrade = true, RequiredVersion = null } : release;
        return Compatibility.WhyNot(allowed, facts.Model, facts.HardwareRevision, facts.SoftwareVersion) switch
        {
            null => (null, null),
            Compatibility.AlreadyCurrent when update.IsInDoubt => (null, null),
            Compatibility.AlreadyCurrent => (UpdateStatus.AlreadyCurrent, null),
            var why => (UpdateStatus.Incompatible, why),
        };
    }
}
