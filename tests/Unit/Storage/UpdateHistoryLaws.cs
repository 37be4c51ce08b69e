using Muster.Updates;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine keeps of steps that ride with a device's write.</summary>
public abstract class UpdateHistoryLaws : IAsyncLifetime
{
    protected abstract StoreUnderTest Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    [Fact]
    public async Task Every_field_of_a_step_comes_back_after_a_restart()
    {
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        UpdateStep[] steps = [SampleSteps.Full, SampleSteps.To(UpdateStatus.Eligible, sequence: 8)];
        await Store.TakeAsync("d", device, steps);
        await Store.RestartAsync();

        Assert.Equal(steps.Reverse(), await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel));
        Assert.Equal("{}"u8.ToArray(), (await Store.ReadAsync("d")).State!.Update);
    }

    [Fact]
    public async Task Steps_are_paged_by_device_from_the_newest_and_by_rollout_from_the_oldest()
    {
        foreach (var id in (string[])["a", "b"])
        {
            var device = await Store.CreateAsync(id, SampleStates.Small with { });
            foreach (var sequence in Enumerable.Range(1, 6))
            {
                await Store.TakeAsync(id, device, SampleSteps.To(UpdateStatus.Gated, sequence, sequence <= 2 ? "other" : "r"));
            }
        }

        Assert.Equal([6, 5, 4], (await Store.History.ReadAsync("a", long.MaxValue, 3, Cancel)).Select(step => step.Sequence));
        Assert.Equal([3, 2, 1], (await Store.History.ReadAsync("a", 4, 3, Cancel)).Select(step => step.Sequence));
        var first = await Store.History.ReadRolloutAsync("r", 0, 5, Cancel);
        var second = await Store.History.ReadRolloutAsync("r", first[^1].Position, 5, Cancel);
        Assert.Equal(
            [("a", 3), ("a", 4), ("a", 5), ("a", 6), ("b", 3), ("b", 4), ("b", 5), ("b", 6)],
            first.Concat(second).Select(written => (written.DeviceId, (int)written.Step.Sequence)));
        Assert.Empty(await Store.History.ReadAsync("nobody", long.MaxValue, 3, Cancel));
    }

    [Fact]
    public async Task A_write_that_fails_its_version_check_writes_no_steps()
    {
        var term = await TermAsync("d");
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        var stale = await Store.ReadAsync("d");
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Eligible));

        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.TakeAsync("d", stale, SampleSteps.To(UpdateStatus.Offered, sequence: 2)));
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => Store.TakeAsync("d", new GrainState<Devices.DeviceState>(SampleStates.Small with { }), SampleSteps.To(UpdateStatus.Offered, sequence: 3)));

        Assert.Equal([1], (await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel)).Select(step => step.Sequence));
        Assert.Equal(UpdateStatus.Eligible, (await Store.Targets.MemberAsync(term.Rollout, "d")).Status);
    }

    [Fact]
    public async Task Of_many_writes_at_once_those_that_fail_write_no_steps()
    {
        var devices = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Store.CreateAsync($"d{i}", SampleStates.Small with { })));
        var stale = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Store.ReadAsync($"d{i}")));
        await Task.WhenAll(devices.Where((_, i) => i % 3 == 0).Select((device, i) => Store.TakeAsync($"d{3 * i}", device, SampleSteps.To(UpdateStatus.Gated, 5))));

        var writes = stale.Select((device, i) => Store.TakeAsync($"d{i}", device, SampleSteps.To(UpdateStatus.Gated, 6))).ToArray();
        await Task.WhenAll(writes).ContinueWith(static _ => { }, Cancel, TaskContinuationOptions.None, TaskScheduler.Default);

        Assert.Equal(Enumerable.Range(0, 200).Select(i => i % 3 != 0), writes.Select(write => write.IsCompletedSuccessfully));
        var written = await Store.History.ReadRolloutAsync("r", 0, 1000, Cancel);
        Assert.Equal(
            Enumerable.Range(0, 200).Select(i => ($"d{i}", i % 3 == 0 ? 5L : 6)).Order(), written.Select(step => (step.DeviceId, step.Step.Sequence)).Order());
    }

    [Fact]
    public async Task A_step_that_comes_twice_stays_once_as_it_first_was()
    {
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Gated));
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Offered), SampleSteps.To(UpdateStatus.Accepted, sequence: 2));

        Assert.Equal([UpdateStatus.Accepted, UpdateStatus.Gated], (await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel)).Select(step => step.To));
    }

    [Fact]
    public async Task Steps_are_written_once_although_copies_of_the_state_are_written_again()
    {
        var term = await TermAsync("d");
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Gated) with { IsReady = true });
        await Store.Targets.AdmitAsync(term, ["d"], Admission.Room, Cancel);

        device.State = device.State! with { TwinVersion = 9 };
        await Store.WriteAsync("d", device);

        Assert.True((await Store.Targets.MemberAsync("r", "d")).IsGranted);
    }

    [Fact]
    public async Task Steps_come_with_a_row_that_is_made_and_a_device_registered_again_has_a_history_of_its_own()
    {
        await Store.TermAsync("r");
        var first = new GrainState<Devices.DeviceState>(SampleStates.Small with { });
        await Store.TakeAsync("d", first, SampleSteps.To(UpdateStatus.Gated));
        await Store.ClearAsync("d", first);
        Assert.Single(await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel));

        var second = new GrainState<Devices.DeviceState>(SampleStates.Small with { Identity = SampleStates.Small.Identity with { GenerationId = 700_000_000_000_000_000 } });
        await Store.TakeAsync("d", second, SampleSteps.To(UpdateStatus.Offered));

        Assert.Equal([UpdateStatus.Offered], (await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel)).Select(step => step.To));
        Assert.Equal([UpdateStatus.Gated, UpdateStatus.Offered], (await Store.History.ReadRolloutAsync("r", 0, 10, Cancel)).Select(written => written.Step.To));
    }

    [Fact]
    public async Task The_last_step_of_each_rollout_says_where_its_member_stands()
    {
        await TermAsync("d");
        await Store.Targets.AddAsync(await Store.TermAsync("next"), "d");
        var device = await Store.CreateAsync("d", SampleStates.Small with { });

        await Store.TakeAsync(
            "d",
            device,
            SampleSteps.To(UpdateStatus.Accepted),
            SampleSteps.To(UpdateStatus.Superseded, 2, from: UpdateStatus.Accepted) with { Reason = "Priority", Attempt = 2, Epoch = 3 },
            SampleSteps.To(UpdateStatus.Gated, 3, "next") with { IsReady = true, Group = 4 });

        Assert.Equal(
            new TargetRow("d", 0, "", UpdateStatus.Superseded, 2, 3, false, true, "Priority", null, SampleSteps.Start.AddSeconds(2)), await Store.Targets.MemberAsync("r", "d"));
        Assert.Equal(
            new TargetRow("d", 0, "", UpdateStatus.Gated, 1, 1, false, false, null, null, SampleSteps.Start.AddSeconds(3)), await Store.Targets.MemberAsync("next", "d"));
    }

    [Fact]
    public async Task A_step_of_an_older_epoch_is_history_and_moves_no_member()
    {
        await TermAsync("d");
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Gated) with { Epoch = 2 });
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Failed, sequence: 2));

        Assert.Equal(UpdateStatus.Gated, (await Store.Targets.MemberAsync("r", "d")).Status);
        Assert.Equal(2, (await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel)).Length);
    }

    [Theory]
    [InlineData(UpdateStatus.Offered, UpdateStatus.Unreachable, false)]
    [InlineData(UpdateStatus.Offered, UpdateStatus.Accepted, true)]
    [InlineData(UpdateStatus.Downloading, UpdateStatus.Failed, true)]
    [InlineData(UpdateStatus.Gated, UpdateStatus.Skipped, false)]
    public async Task A_member_counts_as_attempted_once_its_device_has_fetched_the_deployment(UpdateStatus from, UpdateStatus to, bool attempted)
    {
        await TermAsync("d");
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        await Store.TakeAsync("d", device, SampleSteps.To(to, from: from));
        Assert.Equal(attempted, (await Store.Targets.MemberAsync("r", "d")).WasAttempted);

        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Eligible, sequence: 2));
        Assert.Equal(attempted, (await Store.Targets.MemberAsync("r", "d")).WasAttempted);
    }

    [Fact]
    public async Task Members_whose_device_is_deleted_are_skipped_and_those_that_ended_stay()
    {
        await TermAsync("d", "e");
        await Store.Targets.AddAsync(await Store.TermAsync("ended"), "d");
        var device = await Store.CreateAsync("d", SampleStates.Small with { });
        await Store.CreateAsync("d/m", SampleStates.Small with { });
        await Store.TakeAsync("d", device, SampleSteps.To(UpdateStatus.Succeeded, rollout: "ended"), SampleSteps.To(UpdateStatus.Gated, 2) with { IsGranted = true });

        await Store.ClearAsync("d/m", await Store.ReadAsync("d/m"));
        Assert.Equal(UpdateStatus.Gated, (await Store.Targets.MemberAsync("r", "d")).Status);
        await Store.ClearAsync("d", device);

        var member = await Store.Targets.MemberAsync("r", "d");
        Assert.Equal((UpdateStatus.Skipped, "DeviceDeleted", false), (member.Status, member.Reason, member.IsGranted));
        Assert.Equal(UpdateStatus.Planned, (await Store.Targets.MemberAsync("r", "e")).Status);
        Assert.Equal(UpdateStatus.Succeeded, (await Store.Targets.MemberAsync("ended", "d")).Status);
        Assert.Equal(2, (await Store.History.ReadAsync("d", long.MaxValue, 10, Cancel)).Length);
    }

    private async Task<RolloutTerm> TermAsync(params string[] members)
    {
        var term = await Store.TermAsync("r");
        await Store.Targets.AddAsync(term, members);
        return term;
    }
}
