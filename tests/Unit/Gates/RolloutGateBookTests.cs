using System.Collections.Immutable;
using Muster.Updates;
using Xunit;

namespace Muster.Gates;

/// <summary>Laws of the gates that a rollout keeps.</summary>
public sealed class RolloutGateBookTests
{
    private static readonly GateSpec Whole = Spec("whole", GateScope.Rollout);
    private static readonly GateSpec Canary = Spec("canary", GateScope.Group);
    private static readonly GateSpec Reroute = Spec("reroute", GateScope.Site);
    private static readonly GateSpec Handover = Spec("handover", GateScope.Rollout) with { Phase = GatePhase.AfterVerify };
    private static readonly ImmutableArray<GateSpec> Specs = [Whole, Canary, Reroute, Handover, Spec("own", GateScope.Device)];
    private static readonly GatePlace Harbour = GatePlace.OfSite("harbour");
    private static readonly GatePlace[] Places = [GatePlace.Rollout, GatePlace.OfGroup(0), GatePlace.OfGroup(1), Harbour, GatePlace.OfSite("")];

    [Fact]
    public void A_place_is_asked_for_once_and_by_itself() => Assert.All(Places, static place =>
    {
        var book = Open(new RolloutGatesState());
        Assert.False(book.IsOpen(place));
        Assert.Null(book.Ask(place));
        Assert.Null(book.Ask(place));
        Assert.Equal((place, GateEffect.Ask), (Assert.Single(book.State.All).Place, Assert.Single(book.Effects).Effect));
        Assert.All(Places.Where(other => other != place), other => Assert.False(Open(Said(book.State, GateWord.Open)).IsOpen(other)));
        Assert.True(Open(Said(book.State, GateWord.Open)).IsOpen(place));
    });

    [Fact]
    public void A_gate_is_open_only_within_its_lease_whether_anybody_looked_or_not() => Assert.All(Places, static place =>
    {
        var open = Said(Asked(place), GateWord.Open);
        Assert.True(Open(open, 44).IsOpen(place));
        Assert.False(Open(open, 45).IsOpen(place));
        Assert.NotEqual(true, Open(open, 45).Ask(place));
    });

    [Fact]
    public void What_was_denied_stays_so_until_it_is_asked_anew_by_another_key() => Assert.All(Places, static place =>
    {
        var denied = Said(Asked(place), GateWord.Deny);
        var book = Open(denied, 60 * 24 * 365);
        book.Look();
        Assert.False(book.Ask(place));
        Assert.NotNull(book.Refused(place));
        book.AskAnew(place);
        Assert.Null(book.Ask(place));
        Assert.Null(book.Refused(place));
        Assert.Equal(2, book.State.All.Select(static gate => gate.State.Key).Distinct().Count());
    });

    [Fact]
    public void Whoever_was_asked_hears_of_the_end_until_he_says_so_and_then_nothing_is_left() => Assert.All(Places, static place => Assert.All(Enum.GetValues<GateWord>(), word =>
    {
        var book = Open(Said(Asked(place), word));
        book.End(static _ => true);
        Assert.Equal(GateEffect.Close, Assert.Single(book.Effects).Effect);
        for (var minutes = 60; minutes < 6_000; minutes += 60)
        {
            book = Open(book.State, minutes);
            book.Look();
            Assert.Equal(GateEffect.Close, Assert.Single(book.Effects).Effect);
        }

        Assert.Empty(Said(book.State, GateWord.Closed).All);
    }));

    [Fact]
    public void A_site_is_closed_once_it_was_used_and_none_of_its_devices_holds_room()
    {
        var open = Said(Asked(Harbour), GateWord.Open);
        Assert.Same(open, Ended(open));

        var used = Open(open);
        used.Use(Harbour);
        Assert.Same(used.State, Ended(used.State, "harbour"));
        Assert.Equal(GateStatus.Closing, Assert.Single(Ended(used.State).All).State.Status);

        // The next device has it asked anew once whoever opened it has heard: what he hears last counts.
        var again = Open(Ended(used.State), 60);
        Assert.Null(again.Ask(Harbour));
        Assert.Equal(GateStatus.Closing, Assert.Single(again.State.All).State.Status);
        var heard = Open(Said(again.State, GateWord.Closed));
        Assert.Null(heard.Ask(Harbour));
        Assert.Equal((GateStatus.Requested, "r1/site/reroute/2"), (Assert.Single(heard.State.All).State.Status, heard.State.All[0].State.Key));
    }

    [Fact]
    public void A_site_whose_lease_ended_is_asked_anew_only_once_it_was_closed_behind_its_devices()
    {
        var late = Lapsed();
        Assert.False(late.IsOpen(Harbour));
        Assert.Null(late.Ask(Harbour));
        Assert.Equal(GateStatus.Expired, Assert.Single(late.State.All).State.Status);
        Assert.Same(late.State, Ended(late.State, "harbour"));
        Assert.Equal(GateStatus.Closing, Assert.Single(Ended(late.State).All).State.Status);
        Assert.Empty(new SiteGates(late, 10).Refused);
    }

    [Fact]
    public void A_device_that_holds_room_when_the_lease_ends_has_it_asked_anew_and_both_are_closed_together()
    {
        var late = Lapsed();
        Assert.Null(late.Ask(Harbour, holdsRoom: true));
        Assert.Null(late.Ask(Harbour, holdsRoom: true));
        Assert.Equal([GateStatus.Expired, GateStatus.Requested], late.State.All.Select(static gate => gate.State.Status));
        Assert.Same(late.State, Ended(late.State));

        var open = Open(late.State, 51);
        open.Hear(open.State.All[1], new GateAnswer(GateWord.Open, "webhook"));
        open.Use(Harbour);
        Assert.All(Ended(open.State).All, static gate => Assert.Equal(GateStatus.Closing, gate.State.Status));
    }

    [Fact]
    public void Whoever_opens_a_site_is_never_asked_while_he_is_told_that_it_is_over_whatever_comes_in_what_order()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var (random, state, inFlight) = (new Random(seed), new RolloutGatesState(), false);
            for (var minutes = 0; minutes < 600; minutes += random.Next(1, 30))
            {
                var book = Open(state, minutes);
                book.Look();
                var waits = random.Next(3) > 0;
                book.EndSites(inFlight ? new HashSet<string> { "harbour" } : [], _ => waits);
                inFlight = inFlight ? random.Next(3) > 0 || new SiteGates(book, 9, holdRoom: true).MayTake("p", "harbour") : new SiteGates(book, 9).MayTake("p", "harbour");
                if (!book.State.All.IsEmpty)
                {
                    book.Hear(book.State.All[random.Next(book.State.All.Length)], new GateAnswer((GateWord)random.Next(1, 7), "webhook"));
                }

                state = book.State;
                Assert.False(state.All.Any(static gate => gate.State.Status == GateStatus.Closing) && state.All.Any(static gate => gate.IsUnused || (gate.IsUsed && gate.State.Status == GateStatus.Open)), $"seed {seed}, minute {minutes}");
            }
        }
    }

    [Fact]
    public void A_site_of_which_nobody_waits_any_more_gives_back_the_room_that_it_was_asked_for()
    {
        var sites = new SiteGates(Open(new RolloutGatesState()), 1);
        Assert.False(sites.MayTake("p1", "harbour"));
        Assert.False(sites.MayTake("p2", "quay"));
        Assert.Same(sites.Book.State, Ended(sites.Book.State));

        var book = Open(sites.Book.State, 1);
        book.EndSites(new HashSet<string>(), static site => site == "quay");
        Assert.Equal((GateStatus.Closing, 0), (Assert.Single(book.State.All).State.Status, book.UnusedSites));
        new SiteGates(book, 1).MayTake("p2", "quay");
        Assert.Equal(["harbour", "quay"], book.State.All.Select(static gate => gate.Place.Site));

        // One that is in use stays, and so does one that denied.
        var open = Open(Said(Asked(Harbour), GateWord.Open), 1);
        open.EndSites(new HashSet<string> { "harbour" }, static _ => false);
        Assert.Equal(GateStatus.Open, Assert.Single(open.State.All).State.Status);
        var denied = Open(Said(Asked(Harbour), GateWord.Deny), 1);
        denied.EndSites(new HashSet<string>(), static _ => false);
        Assert.Equal(GateStatus.Denied, Assert.Single(denied.State.All).State.Status);
    }

    [Fact]
    public void A_pass_over_the_members_knows_of_which_sites_none_waits_only_when_it_is_through()
    {
        var scan = new SiteScan();
        scan.Begin();
        scan.See("quay");
        Assert.True(scan.MayHave("harbour"));
        scan.Finish();
        Assert.Equal((true, false), (scan.MayHave("quay"), scan.MayHave("harbour")));

        scan.Begin();
        scan.See("harbour");
        Assert.Equal((true, true), (scan.MayHave("quay"), scan.MayHave("harbour")));
        scan.Finish();
        Assert.Equal((false, true), (scan.MayHave("quay"), scan.MayHave("harbour")));
    }

    [Fact]
    public void A_site_that_denied_is_left_out_for_the_rest_of_the_rollout()
    {
        var denied = Said(Asked(Harbour), GateWord.Deny);
        Assert.Same(denied, Ended(denied));
        var sites = new SiteGates(Open(denied), 10);
        Assert.False(sites.MayTake("p1", "harbour"));
        Assert.Equal(["p1"], sites.Refused);
        Assert.Same(denied, sites.Book.State);
    }

    [Fact]
    public void No_more_sites_are_asked_for_than_there_is_room_for_and_never_more_than_can_be_kept()
    {
        var sites = new SiteGates(Open(new RolloutGatesState()), 3);
        Assert.All(Enumerable.Range(0, 50), i => Assert.False(sites.MayTake($"p{i}", $"s{i}")));
        Assert.Equal((3, 3), (sites.Book.State.All.Length, sites.Book.UnusedSites));
        Assert.Empty(sites.Refused);
        Assert.False(new SiteGates(Open(sites.Book.State), 3).MayTake("p9", "s9"));

        var many = new SiteGates(Open(new RolloutGatesState()), int.MaxValue);
        Assert.All(Enumerable.Range(0, 2 * RolloutGateBook.MaxGates), i => Assert.False(many.MayTake($"p{i}", $"s{i}")));
        Assert.Equal(RolloutGateBook.MaxGates, many.Book.State.All.Length);
    }

    [Fact]
    public void A_call_that_was_not_answered_is_made_again_by_the_same_key()
    {
        var asked = Asked(Harbour);
        var again = Open(asked, 1);
        again.Look();
        Assert.Equal((asked.All[0].State.Key, GateEffect.Ask), (Assert.Single(again.Effects).Gate.State.Key, again.Effects[0].Effect));
    }

    [Theory]
    [InlineData(GateScope.Rollout, GatePhase.BeforeOffer, GateKind.Webhook, true, "")]
    [InlineData(GateScope.Rollout, GatePhase.AfterVerify, GateKind.Manual, false, "")]
    [InlineData(GateScope.Rollout, GatePhase.BeforeReboot, GateKind.Manual, true, "must be of the phase beforeOffer or afterVerify")]
    [InlineData(GateScope.Group, GatePhase.AfterVerify, GateKind.Manual, true, "must be of the phase beforeOffer.")]
    [InlineData(GateScope.Group, GatePhase.BeforeOffer, GateKind.Command, true, "behind which there is no device to ask")]
    [InlineData(GateScope.Site, GatePhase.BeforeOffer, GateKind.Telemetry, true, "behind which there is no device to ask")]
    [InlineData(GateScope.Site, GatePhase.BeforeOffer, GateKind.Manual, true, "")]
    [InlineData(GateScope.Site, GatePhase.BeforeOffer, GateKind.Manual, false, "must have a budget")]
    [InlineData(GateScope.Device, GatePhase.BeforeReboot, GateKind.Command, false, "")]
    public void What_no_scope_can_have_is_refused(GateScope scope, GatePhase phase, GateKind kind, bool hasSites, string error)
    {
        var spec = Spec("g", scope) with { Phase = phase, Kind = kind, Role = "plant", Method = "prepare", Bound = new TelemetryBound { Field = "flow", Max = 0 } };
        Assert.Equal(error.Length == 0 ? 0 : 1, GateRules.Errors([spec], false, hasSites).Count(found => found.Contains(error, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_plan_of_more_sites_than_can_be_kept_is_refused()
    {
        var sites = Enumerable.Range(0, 501).Select(static i => $"s{i}").ToArray();
        Assert.Null(GateRules.WhyNotSites([Reroute], sites));
        Assert.Null(GateRules.WhyNotSites([Whole, Canary], sites));
        Assert.NotNull(GateRules.WhyNotSites([Reroute, Reroute with { Name = "crew" }], sites));
        Assert.Null(GateRules.WhyNotSites([Reroute, Reroute with { Name = "crew" }], sites[..500]));
    }

    private static GateSpec Spec(string name, GateScope scope) =>
        new() { Name = name, Scope = scope, Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/gate" };

    private static RolloutGateBook Open(RolloutGatesState state, int minutes = 0) => new("r1", Specs, state, UpdateSpace.Start.AddMinutes(minutes));

    private static RolloutGatesState Asked(GatePlace place)
    {
        var book = Open(new RolloutGatesState());
        book.Ask(place);
        return book.State;
    }

    /// <summary>The harbour's lease ended under its devices.</summary>
    private static RolloutGateBook Lapsed()
    {
        var used = Open(Said(Asked(Harbour), GateWord.Open));
        used.Use(Harbour);
        var late = Open(used.State, 50);
        late.Look();
        return late;
    }

    private static RolloutGatesState Said(RolloutGatesState state, GateWord word)
    {
        var book = Open(state);
        book.Hear(state.All[0], new GateAnswer(word, "webhook"));
        return book.State;
    }

    private static RolloutGatesState Ended(RolloutGatesState state, params string[] inFlight)
    {
        var book = Open(state, 50);
        book.EndSites(inFlight.ToHashSet(), static _ => true);
        return book.State;
    }
}
