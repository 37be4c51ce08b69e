using System.Collections.Immutable;
using System.Diagnostics;
using Muster.Devices;
using Muster.Updates;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine keeps of members of rollouts.</summary>
public abstract class RolloutTargetLaws : IAsyncLifetime
{
    protected abstract StoreUnderTest Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IRolloutTargets Targets => Store.Targets;

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    [Fact]
    public async Task Each_claim_has_a_term_above_every_earlier_one_also_after_a_restart()
    {
        var first = await Targets.ClaimAsync("r", Cancel);
        var second = await Targets.ClaimAsync("r", Cancel);
        await Store.RestartAsync();

        Assert.True(first < second);
        Assert.True(second < await Targets.ClaimAsync("r", Cancel));
        Assert.Equal(first, await Targets.ClaimAsync("other", Cancel));
    }

    [Fact]
    public async Task What_an_earlier_coordinator_still_tries_is_refused_and_writes_nothing()
    {
        var old = await Store.TermAsync("r");
        await Targets.AddAsync(old, "a");
        await Store.TermAsync("r");

        await Assert.ThrowsAsync<StaleTermException>(() => Targets.AddAsync(old, "b"));
        await Assert.ThrowsAsync<StaleTermException>(() => Targets.AdmitAsync(old, ["a"], Admission.WithRoom, Cancel));
        await Assert.ThrowsAsync<StaleTermException>(() => Targets.EndAsync(old, new TargetEnd(null, UpdateStatus.Skipped, "x"), Cancel));
        await Assert.ThrowsAsync<StaleTermException>(() => Targets.EndAsync(old, new TargetEnd(["a"], UpdateStatus.Skipped, "x"), Cancel));
        await Assert.ThrowsAsync<StaleTermException>(() => Targets.AddAsync(new RolloutTerm("never claimed", 1), "a"));

        Assert.Equal([new TargetCount(0, UpdateStatus.Planned, false, null, 1, 0, 0)], await Targets.CountAsync("r", Cancel));
    }

    [Fact]
    public async Task Members_that_are_there_stay_as_they_are()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, [new NewTarget("a", 1, 5, "plant", "rel")], Cancel);
        await Targets.AdmitAsync(term, ["a"], Admission.WithRoom, Cancel);
        await Targets.AddAsync(term, [new NewTarget("a", 2, 6, "other", null), new NewTarget("b", 2, 7, "other", null)], Cancel);

        Assert.Equal(
            [("a", 1, "plant", UpdateStatus.Eligible, "rel"), ("b", 2, "other", UpdateStatus.Planned, null)],
            (await Targets.ListAsync("r", new TargetPage(null, null, 10), Cancel)).Select(row => (row.DeviceId, row.Group, row.Site, row.Status, row.Release)));
    }

    [Fact]
    public async Task To_admit_is_idempotent_and_says_who_was_moved()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, [new NewTarget("a", 1, 0, "s", "rel"), new NewTarget("b", 1, 1, "s", null)], Cancel);

        Assert.Equal([new AdmittedTarget("a", 1, "s", 1, "rel")], await Targets.AdmitAsync(term, ["a", "nobody"], Admission.WithRoom, Cancel));
        Assert.Equal([new AdmittedTarget("b", 1, "s", 1, null)], await Targets.AdmitAsync(term, ["a", "b"], Admission.WithoutRoom, Cancel));
        Assert.Empty(await Targets.AdmitAsync(term, ["a", "b"], Admission.WithRoom, Cancel));
        Assert.Empty(await Targets.AdmitAsync(term, ["a", "b"], Admission.Room, Cancel));
        Assert.Equal([new SiteCount("s", 1)], await Targets.CountSitesAsync("r", Cancel));
    }

    [Fact]
    public async Task Waiting_members_come_by_position_and_leave_the_list_when_they_are_admitted()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, [.. Enumerable.Range(0, 10).Select(i => new NewTarget($"d{i}", i % 2, 100 - i, $"s{i}", null))], Cancel);

        Assert.Equal(["d8", "d6"], await WaitingAsync(new WaitingPage(0, false, -1, 2)));
        Assert.Equal(["d4", "d2", "d0"], await WaitingAsync(new WaitingPage(0, false, 94, 9)));
        await Targets.AdmitAsync(term, ["d8", "d4"], Admission.WithoutRoom, Cancel);
        Assert.Equal(["d6", "d2", "d0"], await WaitingAsync(new WaitingPage(0, false, -1, 9)));
        Assert.Equal(["d9", "d7", "d5", "d3", "d1"], await WaitingAsync(new WaitingPage(1, false, -1, 9)));
    }

    [Fact]
    public async Task A_ready_member_gets_room_once_and_is_untold_until_its_device_has_written_it()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, "a", "b");
        var device = await Store.CreateAsync("a", SampleStates.Small with { });
        await Targets.AdmitAsync(term, ["a", "b"], Admission.WithoutRoom, Cancel);
        Assert.Equal(["a", "b"], await UntoldAsync());
        await Store.TakeAsync("a", device, SampleSteps.To(UpdateStatus.Gated) with { IsReady = true });
        Assert.Equal(["b"], await UntoldAsync());
        Assert.Equal(["a"], await WaitingAsync(new WaitingPage(0, true, -1, 9)));
        Assert.Equal(1, (await Targets.CountAsync("r", Cancel)).Sum(count => count.Ready));

        Assert.Equal([new AdmittedTarget("a", 0, "", 1, null)], await Targets.AdmitAsync(term, ["a", "b"], Admission.Room, Cancel));
        Assert.Empty(await Targets.AdmitAsync(term, ["a", "b"], Admission.Room, Cancel));
        Assert.Empty(await WaitingAsync(new WaitingPage(0, true, -1, 9)));
        Assert.Equal(0, (await Targets.CountAsync("r", Cancel)).Sum(count => count.Ready));
        Assert.Equal(["a", "b"], await UntoldAsync());
        Assert.True((await Targets.ReadUntoldAsync("r", null, 1, Cancel))[0].IsGranted);

        await Store.TakeAsync("a", device, SampleSteps.To(UpdateStatus.Offered, sequence: 2) with { IsGranted = true });
        Assert.Equal(["b"], await UntoldAsync());
        Assert.Empty(await Targets.ReadUntoldAsync("r", "b", 10, Cancel));
    }

    [Fact]
    public async Task A_step_that_was_on_its_way_when_room_was_given_does_not_take_it_back()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, "a");
        var device = await Store.CreateAsync("a", SampleStates.Small with { });
        await Targets.AdmitAsync(term, ["a"], Admission.WithoutRoom, Cancel);
        await Store.TakeAsync("a", device, SampleSteps.To(UpdateStatus.Gated) with { IsReady = true });
        await Targets.AdmitAsync(term, ["a"], Admission.Room, Cancel);

        await Store.TakeAsync("a", device, SampleSteps.To(UpdateStatus.Gated, sequence: 2) with { From = UpdateStatus.Gated, IsReady = true });
        Assert.Equal([new SiteCount("", 1)], await Targets.CountSitesAsync("r", Cancel));
        Assert.Equal(["a"], await UntoldAsync());

        await Store.TakeAsync("a", device, SampleSteps.To(UpdateStatus.Gated, sequence: 3) with { From = UpdateStatus.Gated });
        Assert.DoesNotContain(await Targets.CountSitesAsync("r", Cancel), static site => site.Granted > 0);
        Assert.Empty(await UntoldAsync());
    }

    [Fact]
    public async Task Only_members_that_no_device_has_taken_up_are_ended()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, "planned", "untold", "taken", "ended");
        var device = await Store.CreateAsync("taken", SampleStates.Small with { });
        await Targets.AdmitAsync(term, ["untold", "taken", "ended"], Admission.WithRoom, Cancel);
        await Store.TakeAsync("taken", device, SampleSteps.To(UpdateStatus.Eligible) with { IsGranted = true });
        Assert.Equal(1, await Targets.EndAsync(term, new TargetEnd(["ended"], UpdateStatus.Canceled, "Aborted"), Cancel));

        Assert.Equal(2, await Targets.EndAsync(term, new TargetEnd(["planned", "untold", "taken", "ended"], UpdateStatus.Skipped, "RolloutEnded"), Cancel));

        Assert.Equal(
            [("ended", UpdateStatus.Canceled, "Aborted"), ("planned", UpdateStatus.Skipped, "RolloutEnded"), ("taken", UpdateStatus.Eligible, null), ("untold", UpdateStatus.Skipped, "RolloutEnded")],
            (await Targets.ListAsync("r", new TargetPage(null, null, 10), Cancel)).Select(row => (row.DeviceId, row.Status, row.Reason)));
        Assert.Equal([new SiteCount("", 1)], await Targets.CountSitesAsync("r", Cancel));
    }

    [Fact]
    public async Task Devices_that_rollouts_hold_are_counted_until_they_are_final()
    {
        string[] ids = ["a", "b", "c"];
        await Targets.AddAsync(await Store.TermAsync("one"), ids);
        var two = await Store.TermAsync("two");
        await Targets.AddAsync(two, "b", "c", "z");
        await Targets.EndAsync(two, new TargetEnd(["c"], UpdateStatus.Skipped, "x"), Cancel);

        Assert.Equal([("one", 3), ("two", 1)], (await Targets.CountHeldAsync(ids, Cancel)).Order());
        Assert.Empty(await Targets.CountHeldAsync(["nobody"], Cancel));
    }

    [Fact]
    public async Task What_holds_one_device_is_read_by_rollout()
    {
        var one = await Store.TermAsync("one");
        await Targets.AddAsync(one, [new NewTarget("a", 3, 0, "s", "fw@1")], Cancel);
        await Targets.AddAsync(await Store.TermAsync("other"), "a", "b");
        var gone = await Store.TermAsync("gone");
        await Targets.AddAsync(gone, "a");
        await Targets.EndAsync(gone, new TargetEnd(["a"], UpdateStatus.Skipped, "x"), Cancel);
        await Targets.AdmitAsync(one, ["a"], Admission.WithRoom, Cancel);

        Assert.Equal(
            [("one", "a", 3, UpdateStatus.Eligible, "fw@1"), ("other", "a", 0, UpdateStatus.Planned, null)],
            (await Targets.ReadHeldAsync("a", 9, Cancel)).Select(static held => (held.Rollout, held.Member.DeviceId, held.Member.Group, held.Member.Status, held.Member.Release)));
        Assert.Equal(["one"], (await Targets.ReadHeldAsync("a", 1, Cancel)).Select(static held => held.Rollout));
        Assert.Empty(await Targets.ReadHeldAsync("nobody", 9, Cancel));
    }

    [Fact]
    public async Task A_page_of_members_can_be_of_one_status()
    {
        var term = await Store.TermAsync("r");
        await Targets.AddAsync(term, "a", "b", "c", "d");
        await Targets.AdmitAsync(term, ["b", "d"], Admission.WithoutRoom, Cancel);

        Assert.Equal(["b"], (await Targets.ListAsync("r", new TargetPage(UpdateStatus.Eligible, null, 1), Cancel)).Select(row => row.DeviceId));
        Assert.Equal(["d"], (await Targets.ListAsync("r", new TargetPage(UpdateStatus.Eligible, "b", 5), Cancel)).Select(row => row.DeviceId));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task After_any_operations_the_counts_are_those_of_the_members(int seed)
    {
        var random = new Random(seed);
        var term = await Store.TermAsync("r");
        var ids = Enumerable.Range(0, 40).Select(i => $"d{i}").ToArray();
        var devices = new Dictionary<string, GrainState<DeviceState>>();
        foreach (var id in ids)
        {
            devices[id] = await Store.CreateAsync(id, SampleStates.Small with { });
        }

        for (var i = 0; i < 300; i++)
        {
            string[] some = [.. random.GetItems(ids, 5).Distinct()];
            await (random.Next(8) switch
            {
                0 => Targets.AddAsync(term, [.. some.Select(id => new NewTarget(id, random.Next(3), random.Next(100), $"s{random.Next(2)}", null))], Cancel),
                1 => Targets.AdmitAsync(term, some, (Admission)random.Next(3), Cancel),
                2 => Targets.EndAsync(term, new TargetEnd(some, UpdateStatus.Skipped, "x"), Cancel),
                _ => Task.WhenAll(some.Select(id => Store.TakeAsync(id, devices[id], RandomStep(random, i)))),
            });
        }

        var members = await Targets.ListAsync("r", new TargetPage(null, null, 1000), Cancel);
        Assert.Equal(
            members.GroupBy(row => (row.Group, row.Status, row.IsGranted, row.Reason)).Select(group => (group.Key, group.Count(), group.Count(row => row.WasAttempted))).ToHashSet(),
            (await Targets.CountAsync("r", Cancel)).Select(count => ((count.Group, count.Status, count.IsGranted, count.Reason), count.Members, count.Attempted)).ToHashSet());
        Assert.Equal(
            members.Where(row => row.IsGranted && !row.Status.IsFinal()).GroupBy(row => row.Site).Select(site => new SiteCount(site.Key, site.Count())).ToHashSet(),
            (await Targets.CountSitesAsync("r", Cancel)).ToHashSet());
        var ready = 0;
        foreach (var group in (int[])[0, 1, 2])
        {
            Assert.Equal(
                members.Count(row => row.Group == group && row.Status == UpdateStatus.Planned), (await WaitingAsync(new WaitingPage(group, false, -1, 1000))).Length);
            ready += (await WaitingAsync(new WaitingPage(group, true, -1, 1000))).Length;
        }

        Assert.Equal((await Targets.CountAsync("r", Cancel)).Where(count => !count.Status.IsFinal()).Sum(count => count.Ready), ready);
    }

    [Fact]
    public async Task A_hundred_thousand_members_are_added_counted_admitted_and_ended()
    {
        var term = await Store.TermAsync("r");
        NewTarget[] all = [.. Enumerable.Range(0, 100_000).Select(i => new NewTarget($"device-{i:000000}", i % 5, i, $"site-{i % 300}", null))];
        await TimedAsync("added", AddAsync(term, all));
        await TimedAsync("added again", AddAsync(term, all));
        var counts = await TimedAsync("counted", Targets.CountAsync("r", Cancel));
        Assert.Equal([.. Enumerable.Range(0, 5).Select(group => new TargetCount(group, UpdateStatus.Planned, false, null, 20_000, 0, 0))], counts.OrderBy(count => count.Group));
        await TimedAsync("10,000 admitted", Targets.AdmitAsync(term, [.. all.Take(10_000).Select(target => target.DeviceId)], Admission.WithRoom, Cancel));
        Assert.Equal(10_000, (await TimedAsync("sites counted", Targets.CountSitesAsync("r", Cancel))).Sum(site => site.Granted));
        Assert.Equal([("r", 100_000)], await TimedAsync("held counted", Targets.CountHeldAsync([.. all.Select(target => target.DeviceId)], Cancel)));
        Assert.Equal(90_000, await TimedAsync("ended", Targets.EndAsync(term, new TargetEnd(null, UpdateStatus.Skipped, "x"), Cancel)));
    }

    private static UpdateStep RandomStep(Random random, int sequence)
    {
        var statuses = Enum.GetValues<UpdateStatus>();
        return SampleSteps.To(statuses[random.Next(1, statuses.Length)], sequence + 1) with
        {
            Epoch = random.Next(3),
            IsGranted = random.Next(2) == 0,
            IsReady = random.Next(2) == 0,
            Reason = random.Next(2) == 0 ? "why" : null,
        };
    }

    private static async Task<T> TimedAsync<T>(string what, Task<T> task)
    {
        var begun = Stopwatch.GetTimestamp();
        var answer = await task;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {Stopwatch.GetElapsedTime(begun).TotalMilliseconds:0} ms");
        return answer;
    }

    private async Task<int> AddAsync(RolloutTerm term, NewTarget[] targets)
    {
        await Targets.AddAsync(term, targets, Cancel);
        return targets.Length;
    }

    private async Task<string[]> WaitingAsync(WaitingPage page) => [.. (await Targets.ReadWaitingAsync("r", page, Cancel)).Select(target => target.DeviceId)];

    private async Task<string[]> UntoldAsync() => [.. (await Targets.ReadUntoldAsync("r", null, 100, Cancel)).Select(target => target.DeviceId)];
}
