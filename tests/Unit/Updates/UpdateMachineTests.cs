using Xunit;

namespace Muster.Updates;

/// <summary>Laws of the device update machine, each looked at in every record that can be reached and for everything that can happen.</summary>
public sealed class UpdateMachineTests
{
    [Fact]
    public void Every_move_is_in_the_table() => Everywhere((update, _, _, move) =>
    {
        foreach (var step in move.Steps.Where(static step => step.From != step.To))
        {
            Assert.True(UpdateTable.Has(step.From, step.To), $"{step.From} → {step.To} by {step.Trigger}, from {update.Status}");
        }
    });

    [Fact]
    public void Every_row_of_the_table_is_reached()
    {
        var seen = new HashSet<(UpdateStatus, UpdateStatus)>();
        Everywhere((_, _, _, move) => seen.UnionWith(move.Steps.Select(static step => (step.From, step.To))));
        var plans = new[]
        {
            UpdateSpace.Plan with { RollsBack = false },
            UpdateSpace.Plan with { Others = [], Golden = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty },
        };
        foreach (var plan in plans)
        {
            foreach (var update in UpdateSpace.Reachable.Select(update => update with { Before = null }))
            {
                foreach (var (signal, device) in UpdateSpace.Happenings(update))
                {
                    seen.UnionWith(UpdateMachine.Next(update, signal, UpdateSpace.Context(device, update.Due ?? update.Since, plan)).Steps.Select(static step => (step.From, step.To)));
                }
            }
        }

        // Those of an assignment, and those that a rollout makes with members that no device has taken up.
        var others = UpdateTable.Rows.Where(row => row.From == UpdateStatus.Planned || row.To is UpdateStatus.Superseded or UpdateStatus.AlreadyCurrent or UpdateStatus.Incompatible
            or UpdateStatus.Excluded || (row.From == UpdateStatus.Eligible && row.To is UpdateStatus.Offered or UpdateStatus.Skipped));
        Assert.Empty(UpdateTable.Rows.Except(others).Where(row => !seen.Contains((row.From, row.To))).Select(static row => $"{row.From} → {row.To}"));
    }

    [Fact]
    public void Final_is_sticky() => Everywhere((update, signal, _, move) =>
        Assert.False(update.IsFinal && move.Next.Status != update.Status, $"{update.Status} moved to {move.Next.Status} by {signal}"));

    [Fact]
    public void A_report_of_another_update_moves_nothing() => Everywhere((update, signal, _, move) =>
    {
        if (signal is UpdateSignal.Reported { Report.WireId: var wireId } && wireId != update.WireId)
        {
            Assert.Equal(update.Status, move.Next.Status);
            Assert.Equal(update.Deadline, move.Next.Deadline);
            Assert.Equal(update.IsConfirmed, move.Next.IsConfirmed);
        }
    });

    [Fact]
    public void A_signal_said_twice_does_what_it_did_once() => Everywhere((update, signal, device, move) =>
    {
        if (signal is UpdateSignal.DeadlinePassed)
        {
            // Another deadline each time.
            return;
        }

        var again = UpdateMachine.Next(move.Next, signal, UpdateSpace.Context(device, move.Next.Since));
        Assert.True(again.Next.Status == move.Next.Status, $"{update.Status} → {move.Next.Status} → {again.Next.Status} by {signal}");
    });

    [Fact]
    public void Only_what_runs_the_wanted_version_soaks_and_succeeds() => Everywhere((update, _, device, move) =>
    {
        foreach (var step in move.Steps.Where(static step => step.To == UpdateStatus.Soaking && step.From != step.To))
        {
            Assert.Equal(update.Version, new DeviceFacts(device).SoftwareVersion);
        }
    });

    [Fact]
    public void Success_is_never_reached_but_by_a_soak() => Everywhere((_, _, _, move) =>
        Assert.All(move.Steps.Where(static step => step.To == UpdateStatus.Succeeded && step.From != step.To), static step => Assert.Equal(UpdateStatus.Soaking, step.From)));

    [Fact]
    public void Whatever_is_not_final_has_a_deadline_and_holds_room_only_once_it_is_offered() => Assert.All(UpdateSpace.Reachable, static update =>
    {
        Assert.Equal(update.IsFinal, update.Deadline is null);
        Assert.False(update.IsGranted && (update.IsFinal || update.Status < UpdateStatus.Offered), $"{update.Status} holds room");
        Assert.False(update.IsReady && update.Status != UpdateStatus.Gated);
    });

    [Fact]
    public void Silence_ends_every_update() => Assert.All(UpdateSpace.Reachable, static update =>
    {
        for (var silences = 0; !update.IsFinal; silences++)
        {
            Assert.True(silences < 500, $"{update.Status} never ends");
            update = UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), UpdateSpace.Context(now: update.Due)).Next;
        }
    });

    [Fact]
    public void A_stop_before_the_install_ends_it_and_later_has_no_effect() => Everywhere((update, signal, _, move) =>
    {
        if (signal is UpdateSignal.CancelRequested && !update.IsFinal)
        {
            Assert.Equal(update.Status < UpdateStatus.Installing, move.Next.Status is UpdateStatus.Canceled or UpdateStatus.Canceling && update.Status != UpdateStatus.Canceling);
        }
    });

    [Fact]
    public void Steps_are_numbered_without_gaps() => Everywhere((update, _, _, move) =>
    {
        Assert.Equal(Enumerable.Range(1, move.Steps.Count).Select(i => update.Sequence + i), move.Steps.Select(static step => step.Sequence));
        Assert.Equal(update.Sequence + move.Steps.Count, move.Next.Sequence);
        Assert.Equal(move.Next.Status, move.Steps.Count > 0 ? move.Steps[^1].To : update.Status);
        Assert.True(move.Steps.Count == 0 || (move.Steps[^1].IsGranted == move.Next.IsGranted && move.Steps[^1].IsReady == move.Next.IsReady));
    });

    [Fact]
    public void Room_and_readiness_never_change_without_a_step() => Everywhere((update, _, _, move) =>
        Assert.True(move.Steps.Count > 0 || (update.IsGranted == move.Next.IsGranted && update.IsReady == move.Next.IsReady)));

    [Fact]
    public void A_record_is_the_same_after_it_was_stored() =>
        Assert.All(UpdateSpace.Reachable, static update => Assert.Equal(update, DeviceUpdate.Read(update.ToJson())));

    [Fact]
    public void An_assignment_is_taken_once_and_another_rollout_waits()
    {
        var begun = UpdateSpace.Begun();
        Assert.Equal(UpdateStatus.Offered, begun.Status);
        Assert.Null(UpdateMachine.Assign(begun, UpdateSpace.Assignment, UpdateSpace.Context()).Move);
        var other = UpdateSpace.Assignment with { Rollout = "r2" };
        Assert.Equal(new AssignReply.Busy("r1"), UpdateMachine.Assign(begun, other, UpdateSpace.Context()).Reply);
    }

    [Fact]
    public void A_higher_priority_takes_what_has_not_been_offered_and_stops_what_has()
    {
        var urgent = UpdateSpace.Assignment with { Rollout = "r2", Priority = 900 };
        var waiting = UpdateMachine.Assign(UpdateSpace.Begun(UpdateSpace.Assignment with { IsGranted = false }), urgent, UpdateSpace.Context(), UpdateSpace.Context()).Move!.Value;
        Assert.Equal(("r2", UpdateStatus.Offered), (waiting.Next.Rollout, waiting.Next.Status));
        Assert.Equal(("r1", UpdateStatus.Superseded), (waiting.Steps[0].Rollout, waiting.Steps[0].To));

        var downloading = UpdateSpace.Next(UpdateSpace.Begun(), UpdateSpace.Said(1, AgentEvent.Downloading), UpdateSpace.Device()).Next;
        var stopped = UpdateMachine.Assign(downloading, urgent, UpdateSpace.Context(), UpdateSpace.Context());
        Assert.Equal(new AssignReply.Busy("r1"), stopped.Reply);
        Assert.Equal(UpdateStatus.Canceling, stopped.Move!.Value.Next.Status);
    }

    [Theory]
    [InlineData("1.0.0", "P7", UpdateStatus.Offered)]
    [InlineData("2.0.0", "P7", UpdateStatus.AlreadyCurrent)]
    [InlineData("1.0.0", "X1", UpdateStatus.Incompatible)]
    public void What_a_release_is_not_for_is_left_alone(string version, string model, UpdateStatus expected) => Assert.Equal(
        expected, UpdateMachine.Assign(null, UpdateSpace.Assignment, UpdateSpace.Context(UpdateSpace.Device(version, model: model))).Move!.Value.Next.Status);

    [Fact]
    public void A_device_that_says_nothing_of_itself_is_incompatible()
    {
        var move = UpdateMachine.Assign(null, UpdateSpace.Assignment, UpdateSpace.Context(new Devices.DeviceState())).Move!.Value;
        Assert.Equal((UpdateStatus.Incompatible, "ModelUnknown"), (move.Next.Status, move.Next.Reason));
    }

    [Fact]
    public void What_turns_out_bad_goes_back_to_what_it_ran_then_to_golden_then_into_quarantine()
    {
        var update = Run(UpdateSpace.Begun(), AgentEvent.Rebooting);
        update = UpdateMachine.Next(update, new UpdateSignal.FactsSeen(IsVersionTold: true), UpdateSpace.Context(UpdateSpace.Device("2.0.0"))).Next;
        update = Fall(update);
        Assert.Equal((UpdateStatus.RollingBack, UpdateSpace.Old.Id), (update.Status, update.Back!.Release));
        update = Fall(Fall(update));
        Assert.Equal((UpdateSpace.Golden.Id, true), (update.Back!.Release, update.Back.IsGolden));
        update = Fall(Fall(update));
        Assert.Equal(UpdateStatus.Quarantined, update.Status);
        var next = UpdateMachine.Assign(update, UpdateSpace.Assignment with { Epoch = 2 }, UpdateSpace.Context()).Move!.Value.Next;
        Assert.Equal((UpdateStatus.Excluded, "Quarantined"), (next.Status, next.Reason));
    }

    [Theory]
    [InlineData("2.0.0", "It runs 2.0.0, and its agent never said that it is done.")]
    [InlineData("1.0.0", "It runs 1.0.0, not 2.0.0.")]
    public void What_is_not_verified_in_time_goes_back_and_says_which_witness_is_missing(string version, string said)
    {
        var verifying = Run(UpdateSpace.Begun(), AgentEvent.Confirming);

        var step = Assert.Single(UpdateSpace.Next(verifying, UpdateSpace.AtDeadline, UpdateSpace.Device(version)).Steps);

        Assert.Equal((UpdateStatus.RollingBack, "VerifyTimeout", said), (step.To, step.Reason, step.Evidence));
    }

    private static DeviceUpdate Run(DeviceUpdate update, AgentEvent what) =>
        UpdateSpace.Next(update, UpdateSpace.Said(update.WireId, what), UpdateSpace.Device()).Next;

    private static DeviceUpdate Fall(DeviceUpdate update) =>
        UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), UpdateSpace.Context(now: update.Deadline)).Next;

    private static void Everywhere(Action<DeviceUpdate, UpdateSignal, Devices.DeviceState, UpdateMove> law)
    {
        foreach (var (update, signal, device, move) in UpdateSpace.Moves)
        {
            law(update, signal, device, move);
        }
    }
}
