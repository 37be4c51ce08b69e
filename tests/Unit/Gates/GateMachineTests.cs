using Muster.Devices;
using Muster.Json;
using Muster.Telemetry;
using Muster.Updates;
using Xunit;

namespace Muster.Gates;

/// <summary>Laws of gates, each looked at in every state that can be reached and for everything that can happen.</summary>
public sealed class GateMachineTests
{
    private static readonly GateWord[] Words = Enum.GetValues<GateWord>();

    private static readonly GateSpec[] Specs =
    [
        Spec(GateKind.Manual) with { Role = "site-operations" },
        Spec(GateKind.Webhook) with { Url = "https://plant.example/gate" },
        Spec(GateKind.Webhook) with { Url = "https://plant.example/gate", OnTimeout = GateTimeoutAction.Hold },
        Spec(GateKind.Command) with { Method = "prepare", CloseMethod = "resume" },
        Spec(GateKind.Telemetry) with { Bound = new TelemetryBound { Field = "flow", Max = 0 }, HoldsFor = TimeSpan.FromSeconds(60) },
        Spec(GateKind.Calendar) with { Window = new MaintenanceWindow { Rule = "FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYSECOND=0", Duration = TimeSpan.FromHours(1) } },
        Spec(GateKind.Dependency) with { Rollout = "r0" },
    ];

    private static IEnumerable<(GateSpec Spec, GateState State)> Everything => Specs.SelectMany(spec => Reach(spec).Select(state => (spec, state)));

    [Fact]
    public void Nothing_but_the_word_open_or_what_is_seen_opens_a_gate() => Assert.All(Everything, static one =>
    {
        foreach (var word in Words.Where(static word => word != GateWord.Open))
        {
            Assert.True(IsOpen(one.State) || !IsOpen(GateMachine.On(one.Spec, one.State, new GateAnswer(word, "x"), one.State.Since)), $"{one.State.Status} opened by {word}");
        }

        var due = GateMachine.OnDue(one.Spec, one.State, At(one.State.Due ?? one.State.Since)).Next;
        Assert.True(IsOpen(one.State) || !IsOpen(due) || one.Spec.Kind is GateKind.Telemetry or GateKind.Calendar, $"{one.State.Status} of {one.Spec.Kind} opened by time");
    });

    [Fact]
    public void What_was_denied_or_has_expired_never_opens_again() => Assert.All(Everything.Where(static one => one.State.IsRefused), static one =>
    {
        Assert.All(Words, word => Assert.Same(one.State, GateMachine.On(one.Spec, one.State, new GateAnswer(word, "x"), one.State.Since)));
        Assert.False(GateMachine.OnDue(one.Spec, one.State, At(one.State.Since.AddYears(1))).Next.IsOpenAt(one.State.Since.AddYears(1)));
    });

    [Fact]
    public void Whoever_was_asked_is_told_of_the_end_again_and_again_until_he_has_heard() => Assert.All(
        Everything.Where(static one => one.Spec.HasCloseOut && one.State.Status is not (GateStatus.Closed or GateStatus.Closing)), static one =>
        {
            var (state, effect) = GateMachine.End(one.Spec, one.State, one.State.Since);
            Assert.Equal((GateStatus.Closing, GateEffect.Close), (state.Status, effect));
            for (var tries = 0; tries < 50; tries++)
            {
                state = GateMachine.On(one.Spec, state, new GateAnswer(GateWord.NoAnswer, "engine"), state.Since);
                Assert.InRange(state.Due!.Value - state.Since, TimeSpan.Zero, TimeSpan.FromMinutes(10));
                (state, effect) = GateMachine.OnDue(one.Spec, state, At(state.Due.Value));
                Assert.Equal((GateStatus.Closing, GateEffect.Close), (state.Status, effect));
            }

            Assert.Equal(GateStatus.Closed, GateMachine.On(one.Spec, state, new GateAnswer(GateWord.Closed, "webhook"), state.Since).Status);
        });

    [Fact]
    public void A_word_said_twice_does_what_it_did_once() => Assert.All(Everything, static one => Assert.All(Words, word =>
    {
        var answer = new GateAnswer(word, "x", TimeSpan.FromMinutes(5));
        var once = GateMachine.On(one.Spec, one.State, answer, one.State.Since);
        Assert.Equal(once.Status, GateMachine.On(one.Spec, once, answer, one.State.Since).Status);
    }));

    [Fact]
    public void A_lease_that_is_not_renewed_ends_and_one_that_is_goes_on()
    {
        var open = GateMachine.On(Specs[1], Asked(Specs[1]), new GateAnswer(GateWord.Open, "webhook", TimeSpan.FromMinutes(10)), UpdateSpace.Start);
        Assert.Equal(UpdateSpace.Start.AddMinutes(10), open.OpenUntil);
        Assert.Equal(GateStatus.Expired, GateMachine.OnDue(Specs[1], open, At(open.Due!.Value)).Next.Status);

        var renewed = GateMachine.On(Specs[1], open, new GateAnswer(GateWord.Open, "webhook", TimeSpan.FromMinutes(10)), UpdateSpace.Start.AddMinutes(9));
        Assert.Equal(UpdateSpace.Start.AddMinutes(19), renewed.OpenUntil);
        Assert.True(GateMachine.OnDue(Specs[1], renewed, At(UpdateSpace.Start.AddMinutes(10))).Next.IsOpenAt(UpdateSpace.Start.AddMinutes(10)));
    }

    [Fact]
    public void A_lease_that_has_ended_opens_nothing_and_no_word_revives_it_although_nobody_has_looked() => Assert.All(Everything.Where(static one => one.State.OpenUntil is not null), static one =>
    {
        Assert.False(one.State.IsOpenAt(one.State.OpenUntil!.Value));
        Assert.All(Words, word => Assert.Same(one.State, GateMachine.On(one.Spec, one.State, new GateAnswer(word, "x"), one.State.OpenUntil!.Value)));
    });

    [Fact]
    public void A_word_that_comes_after_the_time_to_open_changes_nothing_although_nobody_has_looked() => Assert.All(
        Everything.Where(static one => one.State.Status is GateStatus.Requested or GateStatus.Preparing && one.Spec.OnTimeout == GateTimeoutAction.Fail),
        static one => Assert.All(Words, word => Assert.Same(one.State, GateMachine.On(one.Spec, one.State, new GateAnswer(word, "x"), one.State.AskedAt + one.Spec.Timeout))));

    [Fact]
    public void A_word_to_renew_begins_the_lease_anew_where_the_gate_is_open_and_is_refused_where_it_is_not() => Assert.All(Everything, static one =>
    {
        var renewed = GateMachine.On(one.Spec, one.State, new GateAnswer(GateWord.Renew, "pat", TimeSpan.FromDays(2)), one.State.Since);
        Assert.Equal(IsOpen(one.State), GateMachine.IsHeard(GateWord.Renew, one.State, renewed));
        Assert.Equal(IsOpen(one.State) ? one.State.Since.AddDays(2) : one.State.OpenUntil, renewed.OpenUntil);
    });

    [Fact]
    public void A_dependency_is_asked_again_before_its_lease_ends_and_anew_where_it_ended_unseen()
    {
        var open = GateMachine.On(Specs[6], Asked(Specs[6]), new GateAnswer(GateWord.Open, "engine"), UpdateSpace.Start);
        Assert.InRange(open.Due!.Value, UpdateSpace.Start, open.OpenUntil!.Value - TimeSpan.FromMinutes(1));
        var (asked, effect) = GateMachine.OnDue(Specs[6], open, At(open.Due.Value));
        Assert.Equal((GateStatus.Open, GateEffect.Ask), (asked.Status, effect));
        Assert.Equal(open.Due.Value + Specs[6].Lease, GateMachine.On(Specs[6], asked, new GateAnswer(GateWord.Open, "engine"), open.Due.Value).OpenUntil);

        var late = open.OpenUntil.Value.AddDays(3);
        (asked, effect) = GateMachine.OnDue(Specs[6], open, At(late));
        Assert.Equal((GateStatus.Requested, GateEffect.Ask), (asked.Status, effect));
        Assert.True(GateMachine.On(Specs[6], asked, new GateAnswer(GateWord.Open, "engine"), late).IsOpenAt(late));
        Assert.Equal(GateStatus.Denied, GateMachine.On(Specs[6], asked, new GateAnswer(GateWord.Deny, "engine"), late).Status);
    }

    [Fact]
    public void Telemetry_that_holds_stays_open_without_a_moment_in_which_it_is_not()
    {
        var state = Still();
        for (var looks = 0; looks < 10; looks++)
        {
            Assert.True(state.IsOpenAt(state.Due!.Value));
            state = GateMachine.OnDue(Specs[4], state, At(state.Due.Value, flow: 0)).Next;
        }

        var runs = GateMachine.OnDue(Specs[4], state, At(state.Due!.Value, flow: 3)).Next;
        Assert.Equal((GateStatus.Expired, null, null), (runs.Status, runs.OpenUntil, runs.Due));
        Assert.StartsWith("flow is 3, of 2026-", runs.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_came_before_the_gate_was_asked_for_opens_nothing()
    {
        var state = GateMachine.Ask(Specs[4], "k", At(UpdateSpace.Start, flow: 0, age: TimeSpan.FromDays(1))).Next;
        for (var now = state.Due!.Value; now < UpdateSpace.Start.AddHours(1); now = state.Due!.Value)
        {
            state = GateMachine.OnDue(Specs[4], state, At(now, flow: 0, age: now - UpdateSpace.Start + TimeSpan.FromMilliseconds(1))).Next;
            Assert.Equal((GateStatus.Requested, null), (state.Status, state.HoldsSince));
        }

        var came = GateMachine.OnDue(Specs[4], state, At(state.Due!.Value, flow: 0)).Next;
        Assert.Equal((GateStatus.Requested, state.Due), (came.Status, came.HoldsSince));
        Assert.Equal(GateStatus.Open, GateMachine.OnDue(Specs[4], came, At(state.Due.Value.AddSeconds(60), flow: 0)).Next.Status);
    }

    [Fact]
    public void A_device_that_has_fallen_silent_does_not_keep_its_gate_open()
    {
        var (state, last) = (Still(), UpdateSpace.Start.AddSeconds(60));
        for (var looks = 0; state.Status == GateStatus.Open; looks++)
        {
            Assert.True(looks < 10, "It stays open for ever.");
            state = GateMachine.OnDue(Specs[4], state, At(state.Due!.Value, flow: 0, age: state.Due.Value - last)).Next;
        }

        Assert.Equal(GateStatus.Expired, state.Status);
        Assert.InRange(state.Since - last, Specs[4].Lease, 2 * Specs[4].Lease);
    }

    [Fact]
    public void A_value_that_was_in_bounds_before_nobody_looked_for_longer_than_the_lease_opens_nothing()
    {
        var asked = GateMachine.Ask(Specs[4], "k", At(UpdateSpace.Start, flow: 0)).Next;
        Assert.Equal(UpdateSpace.Start, asked.HoldsSince);
        var late = GateMachine.OnDue(Specs[4], asked, At(UpdateSpace.Start.AddHours(1), flow: 0, age: TimeSpan.FromHours(1))).Next;
        Assert.Equal((GateStatus.Requested, null), (late.Status, late.HoldsSince));
    }

    [Fact]
    public void What_telemetry_opened_lets_nothing_through_while_the_last_value_is_out_of_bounds_although_nobody_has_looked()
    {
        var (state, now) = (Still(), UpdateSpace.Start.AddSeconds(61));
        Assert.True(GateMachine.LetsThrough(Specs[4], state, At(now, flow: 0)));
        Assert.False(GateMachine.LetsThrough(Specs[4], state, At(now, flow: 3)));
        var later = state.OpenUntil!.Value.AddSeconds(-1);
        Assert.True(GateMachine.LetsThrough(Specs[4], state, At(later, flow: 0, age: Specs[4].Lease - TimeSpan.FromSeconds(1))));
        Assert.False(GateMachine.LetsThrough(Specs[4], state, At(state.OpenUntil.Value, flow: 0)));
        Assert.False(GateMachine.LetsThrough(Specs[4], null, At(now, flow: 0)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    public void What_a_person_opened_is_his_to_answer_for_whatever_telemetry_says_until_its_lease_ends(double flow)
    {
        var open = GateMachine.On(Specs[4], Asked(Specs[4]), new GateAnswer(GateWord.Open, "olga", 3 * Specs[4].Lease), UpdateSpace.Start);
        Assert.True(GateMachine.LetsThrough(Specs[4], open, At(UpdateSpace.Start, flow)));
        var looked = GateMachine.OnDue(Specs[4], open, At(open.Due!.Value, flow)).Next;
        Assert.Equal((GateStatus.Open, UpdateSpace.Start + (3 * Specs[4].Lease)), (looked.Status, looked.OpenUntil));
        Assert.Equal(GateStatus.Expired, GateMachine.OnDue(Specs[4], looked, At(looked.Due!.Value, flow)).Next.Status);
    }

    [Fact]
    public void A_webhook_that_does_not_answer_is_asked_again_and_then_has_expired()
    {
        var (state, asks) = (Asked(Specs[1]), 1);
        while (state.Status == GateStatus.Requested)
        {
            state = GateMachine.On(Specs[1], state, new GateAnswer(GateWord.NoAnswer, "engine"), state.Due!.Value);
            var move = GateMachine.OnDue(Specs[1], state, At(state.Due!.Value));
            (state, asks) = (move.Next, asks + (move.Effect == GateEffect.Ask ? 1 : 0));
        }

        Assert.Equal(GateStatus.Expired, state.Status);
        Assert.InRange(asks, 3, 2000);
    }

    [Fact]
    public void What_was_looked_at_is_not_due_again_at_once() => Assert.All(Everything, static one =>
    {
        foreach (var spec in new[] { one.Spec, one.Spec with { OnTimeout = GateTimeoutAction.Hold } })
        {
            foreach (var now in new[] { one.State.Due, one.State.AskedAt + spec.Timeout, one.State.AskedAt + spec.Timeout + spec.Timeout }.OfType<DateTimeOffset>())
            {
                var due = GateMachine.OnDue(spec, one.State, At(now)).Next.Due;
                Assert.False(due <= now && one.State.Due <= now, $"{one.State.Status} of {spec.Kind} is due at {due}, looked at at {now}");
            }
        }
    });

    [Fact]
    public void Telemetry_has_to_stay_within_its_bounds_for_the_time()
    {
        var spec = Specs[4];
        var flows = GateMachine.Ask(spec, "k", At(UpdateSpace.Start, flow: 12)).Next;
        Assert.Equal((GateStatus.Requested, null), (flows.Status, flows.HoldsSince));
        var still = GateMachine.OnDue(spec, flows, At(UpdateSpace.Start.AddSeconds(10), flow: 0)).Next;
        Assert.Equal(GateStatus.Requested, still.Status);
        Assert.Null(GateMachine.OnDue(spec, still, At(UpdateSpace.Start.AddSeconds(20), flow: 3)).Next.HoldsSince);
        Assert.Equal(GateStatus.Open, GateMachine.OnDue(spec, still, At(UpdateSpace.Start.AddSeconds(70), flow: 0)).Next.Status);
    }

    [Fact]
    public void A_calendar_gate_is_open_as_long_as_its_window()
    {
        var waiting = Asked(Specs[5]);
        Assert.Equal(new DateTimeOffset(2026, 11, 2, 2, 0, 0, TimeSpan.Zero), waiting.Due);
        var open = GateMachine.OnDue(Specs[5], waiting, At(waiting.Due!.Value)).Next;
        Assert.Equal((GateStatus.Open, waiting.Due.Value.AddHours(1)), (open.Status, open.OpenUntil));
    }

    [Fact]
    public void Evidence_that_is_too_long_is_cut_between_characters()
    {
        var text = new string('x', 1023) + "\U0001F600";
        Assert.Equal(text[..1023], GateMachine.On(Specs[1], Asked(Specs[1]), new GateAnswer(GateWord.Open, "webhook", Evidence: text), UpdateSpace.Start).Evidence);
        var course = new UpdateCourse(UpdateSpace.Begun(), UpdateSpace.Context(), "t", "a");
        var longer = new string('x', UpdateStep.MaxEvidenceLength - 1) + "\U0001F600";
        course.Note(longer);
        Assert.Equal(longer[..^2], course.Move.Steps[0].Evidence);
    }

    [Fact]
    public void The_page_has_every_move_of_a_gate_and_no_other()
    {
        var moves = Everything.SelectMany(static one => Nexts(one.Spec, one.State).Select(next => (From: one.State.Status, To: next.Status))).Where(static move => move.From != move.To);
        var text = File.ReadAllText(Path.Combine(ArchitectureTests.Root(), "docs", "state-machines.md"));
        var rows = text[text.IndexOf("## A gate", StringComparison.Ordinal)..].Split('\n').SkipWhile(static line => line != "|---|---|").Skip(1).TakeWhile(static line => line.StartsWith('|'));
        Assert.Equal(moves.Distinct().Order().Select(static move => $"| {move.From} | {move.To} |"), rows);
    }

    private static GateSpec Spec(GateKind kind) => new() { Name = "gate", Phase = GatePhase.BeforeOffer, Kind = kind };

    private static bool IsOpen(GateState state) => state.IsOpenAt(state.Since);

    private static GateState Asked(GateSpec spec) => GateMachine.Ask(spec, "r1/d/gate/1.1", At(UpdateSpace.Start)).Next;

    /// <summary>Opened by telemetry a minute after the start.</summary>
    private static GateState Still() =>
        GateMachine.OnDue(Specs[4], GateMachine.Ask(Specs[4], "k", At(UpdateSpace.Start, flow: 0)).Next, At(UpdateSpace.Start.AddSeconds(60), flow: 0)).Next;

    /// <param name="now">UTC.</param>
    /// <param name="flow">What the device said last.</param>
    /// <param name="age">How long ago; null for now.</param>
    private static GateContext At(DateTimeOffset now, double flow = 5, TimeSpan? age = null)
    {
        var said = new Observation(0, now - (age ?? TimeSpan.Zero), JsonUtf8.Parse($$"""{"flow":{{flow}}}"""));
        return new(now, new DeviceFacts(new DeviceState { Telemetry = TelemetryFields.Merge(null, new ObservationBatch([said])) }));
    }

    private static IEnumerable<GateState> Nexts(GateSpec spec, GateState state) =>
    [
        .. Words.Select(word => GateMachine.On(spec, state, new GateAnswer(word, "x"), state.Since)),
        GateMachine.OnDue(spec, state, At(state.Due ?? state.Since)).Next,
        GateMachine.OnDue(spec, state, At(state.AskedAt + spec.Timeout)).Next,
        GateMachine.OnDue(spec, state, At(state.OpenUntil ?? state.Since)).Next,
        GateMachine.Pass(state, state.Since),
        GateMachine.End(spec, state, state.Since).Next,
    ];

    private static List<GateState> Reach(GateSpec spec)
    {
        var (found, open) = (new Dictionary<GateStatus, GateState>(), new Queue<GateState>());
        Add(Asked(spec));
        while (open.TryDequeue(out var state))
        {
            foreach (var next in Nexts(spec, state))
            {
                Add(next);
            }
        }

        return [.. found.Values];

        void Add(GateState state)
        {
            if (found.TryAdd(state.Status, state))
            {
                open.Enqueue(state);
            }
        }
    }
}
