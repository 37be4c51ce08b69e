using System.Collections.Immutable;
using System.Globalization;
using Muster.Gates;

namespace Muster.Updates;

/// <summary>
/// The gates of a device's update. They are asked for when it comes to them, hold it until they are open, stop it where they never will be, and are closed when it is over,
/// whatever way it went.
/// </summary>
internal static partial class UpdateMachine
{
    /// <summary>How far the gates let the agent go.</summary>
    internal static UpdatePermit ByGates(DeviceUpdate update, UpdateContext context)
    {
        var permit = UpdatePermit.Commit;
        foreach (var spec in context.Plan.Gates)
        {
            if (update.Status != UpdateStatus.RollingBack && !HasPassed(update.Status, spec.Phase) && !GateMachine.LetsThrough(spec, GateOf(update, spec), context.OfGates))
            {
                permit = (UpdatePermit)Math.Min((int)permit, (int)(spec.Phase switch
                {
                    GatePhase.BeforeOffer => UpdatePermit.Commit,
                    GatePhase.BeforeInstall => UpdatePermit.Download,
                    GatePhase.BeforeReboot => UpdatePermit.Install,
                    GatePhase.BeforeCommit => UpdatePermit.Reboot,
                    _ => UpdatePermit.Commit,
                }));
            }
        }

        return permit;
    }

    private static void OnGate(UpdateCourse course, UpdateSignal.GateAnswered answered)
    {
        if (course.Update.Gates is not { } gates || gates.FirstOrDefault(gate => gate.Key == answered.Key) is not { } gate || SpecOf(course.Plan, gate) is not { } spec)
        {
            return;
        }

        Keep(course, gate, GateMachine.On(spec, gate, answered.Answer, course.Now));
        course.Update = course.Update with { Gates = course.Update.IsFinal ? Unheard(course.Update.Gates) : Without(course.Update.Gates, static gate => gate.Status == GateStatus.Closed) };
    }

    /// <summary>After every decision: what the gates make of it.</summary>
    private static void SettleGates(UpdateCourse course)
    {
        if (course.Plan.Gates.IsEmpty && course.Update.Gates is null)
        {
            return;
        }

        AskForPhase(course);
        foreach (var gate in course.Update.Gates ?? [])
        {
            if (gate.Due <= course.Now && SpecOf(course.Plan, gate) is { } spec)
            {
                var move = GateMachine.OnDue(spec, gate, course.Context.OfGates);
                Keep(course, gate, move.Next);
                course.Say(move.Next, move.Effect);
            }
        }

        React(course);
        Pass(course);
        if (course.Update.IsFinal)
        {
            EndGates(course);
        }
    }

    private static void AskForPhase(UpdateCourse course)
    {
        foreach (var phase in PhasesOf(course.Status))
        {
            AskGates(course, phase);
        }
    }

    private static IEnumerable<GatePhase> PhasesOf(UpdateStatus status) => status switch
    {
        // The first are asked as it comes there; those of a next try once whoever opened them for the last has heard of its end.
        UpdateStatus.Gated => [GatePhase.BeforeOffer],
        >= UpdateStatus.Offered and <= UpdateStatus.ReadyToInstall => [GatePhase.BeforeInstall],
        UpdateStatus.Installing or UpdateStatus.Installed => [GatePhase.BeforeReboot],
        UpdateStatus.Rebooting or UpdateStatus.Verifying => [GatePhase.BeforeCommit],
        _ => [],
    };

    private static void AskGates(UpdateCourse course, GatePhase phase)
    {
        foreach (var spec in course.Plan.Gates)
        {
            if (spec.Phase == phase && GateOf(course.Update, spec) is null && !IsClosing(course.Update, spec))
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{course.Update.Rollout}/{course.Context.DeviceId}/{spec.Name}/{course.Update.Epoch}.{course.Update.Attempt}");
                var move = GateMachine.Ask(spec, key, course.Context.OfGates);
                course.Update = course.Update with { Gates = (course.Update.Gates ?? []).Add(move.Next) };
                course.Note($"Gate {spec.Name}: {move.Next.Status}.");
                course.Say(move.Next, move.Effect);
            }
        }
    }

    private static bool AreOpen(UpdateCourse course, GatePhase phase) =>
        course.Plan.Gates.All(spec => spec.Phase != phase || GateMachine.LetsThrough(spec, GateOf(course.Update, spec), course.Context.OfGates));

    private static bool AreAsked(UpdateCourse course, GatePhase phase) => course.Plan.Gates.Any(spec => spec.Phase == phase && GateOf(course.Update, spec) is not null);

    private static void React(UpdateCourse course)
    {
        var status = course.Status;
        foreach (var spec in course.Plan.Gates)
        {
            if (course.Status == status && !course.Update.IsFinal && GateOf(course.Update, spec) is { IsRefused: true } refused)
            {
                OnRefused(course, spec, refused);
            }
        }

        if (course.Status == UpdateStatus.Gated && !course.Update.IsReady && MayBeOffered(course))
        {
            Line(course);
        }
        else if (course.Status == UpdateStatus.Soaking && AreAsked(course, GatePhase.AfterVerify) && AreOpen(course, GatePhase.AfterVerify) && course.Update.Unwell == 0)
        {
            Succeed(course);
        }
    }

    private static void OnRefused(UpdateCourse course, GateSpec spec, GateState gate)
    {
        var (why, said) = ($"Gate{gate.Status}", $"Gate {spec.Name} by {gate.Actor ?? "time"}. {gate.Evidence}");
        switch (course.Status)
        {
            case UpdateStatus.Eligible or UpdateStatus.Gated:
                course.To(UpdateStatus.Skipped, why, said);
                break;

            // Before the device writes to itself, what was agreed to and is agreed to no more stops it.
            case < UpdateStatus.Installing:
                Stop(course, why);
                break;

            case UpdateStatus.Installed when spec.Phase == GatePhase.BeforeReboot && MayGoBack(course.Update):
                GoBack(course, why, said);
                break;

            // A lease that ends behind the device is no reason to take it back; that somebody takes his word back is.
            case UpdateStatus.Verifying or UpdateStatus.Soaking when spec.Phase >= GatePhase.BeforeCommit
                && (gate.Status == GateStatus.Denied || !HasPassed(course.Status, spec.Phase)):
                GoBack(course, why, said);
                break;
        }
    }

    private static void Pass(UpdateCourse course)
    {
        foreach (var gate in course.Update.Gates ?? [])
        {
            if (SpecOf(course.Plan, gate) is { } spec && HasPassed(course.Status, spec.Phase))
            {
                Keep(course, gate, GateMachine.Pass(gate, course.Now));
            }
        }
    }

    private static bool HasPassed(UpdateStatus status, GatePhase phase) => phase switch
    {
        GatePhase.BeforeOffer => status >= UpdateStatus.Offered,
        GatePhase.BeforeInstall => status >= UpdateStatus.Installing,
        GatePhase.BeforeReboot => status >= UpdateStatus.Rebooting,
        GatePhase.BeforeCommit => status >= UpdateStatus.Soaking,
        _ => status >= UpdateStatus.Succeeded,
    };

    private static void EndGates(UpdateCourse course)
    {
        if (course.Update.Gates is not { } gates)
        {
            return;
        }

        foreach (var gate in gates)
        {
            if (SpecOf(course.Plan, gate) is { } spec)
            {
                var move = GateMachine.End(spec, gate, course.Now);
                Keep(course, gate, move.Next);
                course.Say(move.Next, move.Effect);
            }
        }

        course.Update = course.Update with { Gates = Unheard(course.Update.Gates) };
    }

    /// <summary>Puts a gate in the place of what it was, with a line in the history where it stands elsewhere now.</summary>
    private static void Keep(UpdateCourse course, GateState before, GateState next)
    {
        if (ReferenceEquals(before, next))
        {
            return;
        }

        course.Update = course.Update with { Gates = course.Update.Gates!.Value.Replace(before, next) };
        if (before.Status != next.Status)
        {
            course.Note($"Gate {next.Name}: {next.Status}{(next.Actor is null ? "" : $" by {next.Actor}")}. {next.Evidence}");
        }
    }

    /// <summary>Once the update is over, only gates stay that have not heard of it.</summary>
    private static ImmutableArray<GateState>? Unheard(ImmutableArray<GateState>? gates) => Without(gates, static gate => gate.Status != GateStatus.Closing);

    private static ImmutableArray<GateState>? Without(ImmutableArray<GateState>? gates, Predicate<GateState> isGone) => gates?.RemoveAll(isGone) is { IsEmpty: false } left ? left : null;

    private static GateState? GateOf(DeviceUpdate update, GateSpec spec) =>
        update.Gates?.LastOrDefault(gate => gate.Name == spec.Name && gate.Status is not (GateStatus.Closing or GateStatus.Closed));

    /// <summary>True while whoever opened it for a try that is over has not heard of that: the flow would be restored behind the one that asks anew.</summary>
    private static bool IsClosing(DeviceUpdate update, GateSpec spec) => update.Gates?.Any(gate => gate.Name == spec.Name && gate.Status == GateStatus.Closing) == true;

    private static GateSpec? SpecOf(DevicePlan plan, GateState gate) => plan.Gates.FirstOrDefault(spec => spec.Name == gate.Name);
}
