using System.Collections.Immutable;
using System.Globalization;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>The gates in front of the rollout, its groups and its sites. What they come to is stored before anybody is told.</summary>
internal sealed partial class RolloutGrain
{
    private const string SiteRefused = nameof(SiteRefused);
    private RolloutGatesState gates = new();

    public Task<ImmutableArray<GateView>> ListGatesAsync() => Task.FromResult<ImmutableArray<GateView>>([.. gates.All.Select(ViewOf).OfType<GateView>()]);

    public async Task<GateReply> AnswerGateAsync(string gate, GateAnswer answer)
    {
        if (gates.All.FirstOrDefault(one => one.State.Key == gate) is not { } before)
        {
            return new GateReply.Unknown();
        }

        var book = OpenBook();
        var next = book.Hear(before, answer);
        await KeepAsync(book);
        Continue();
        return ViewOf(before with { State = next }) is not { } view ? new GateReply.Unknown()
            : GateMachine.IsHeard(answer.Word, before.State, next) ? new GateReply.Accepted(view)
            : new GateReply.Refused(view);
    }

    public async Task<GateReply> AnswerGateByLinkAsync(string gate, GateAnswer answer, string token) =>
        services.GateLinks?.Holds("", gate, token) == true ? await AnswerGateAsync(gate, answer) : new GateReply.Unknown();

    private bool HasOwnGates => state.Spec.Gates.Any(static gate => gate.Scope != GateScope.Device);

    private RolloutGateBook OpenBook() => new(Id, state.Spec.Gates, gates, Now);

    /// <summary>Sees to what is due, closes what is over, and holds the rollout where a gate that it needs is open no more.</summary>
    private async Task LookAtGatesAsync()
    {
        if (gates.All.IsEmpty)
        {
            return;
        }

        var book = OpenBook();
        book.Look();
        await EndGatesAsync(book);
        await KeepAsync(book);
        if (state.Status == RolloutStatus.Running && RefusedGate(book) is { } refused)
        {
            await MoveAsync(RolloutSignal.Hold, Because.Engine(WhyRefused(refused)));
        }
    }

    private async Task EndGatesAsync(RolloutGateBook book)
    {
        if (state.Status == RolloutStatus.Starting || countedAt is null)
        {
            return;
        }

        book.End(gate => gate.Place is { Scope: GateScope.Group, Group: var group } && state.Groups[group].Status > GroupStatus.Gated
            && Tally.Of(counts[group]) is var members && members.Final == members.Total && !(group == state.Groups.Length - 1 && MayGrow));
        if (book.State.All.Any(static gate => gate is { Place.Scope: GateScope.Site, WasOpen: true }))
        {
            var inFlight = await Targets.CountSitesAsync(Id, CancellationToken.None);
            book.EndSites(inFlight.Where(static site => site.Granted > 0).Select(static site => site.Site).ToHashSet(StringComparer.Ordinal));
        }
    }

    /// <returns>As <see cref="RolloutGateBook.Ask"/>: what the group's next step is made of.</returns>
    private async Task<bool?> AreGatesOpenAsync(int group)
    {
        if (!HasOwnGates)
        {
            return true;
        }

        // Whoever opened a gate for a group before this one is to hear that it is over first.
        var book = OpenBook();
        var isBegun = book.Ask(GatePlace.Rollout) == true && !gates.All.Any(gate => gate.Place.Scope == GateScope.Group && gate.Place.Group < group);
        var isOpen = isBegun ? book.Ask(GatePlace.OfGroup(group)) : null;
        await KeepAsync(book);
        return isOpen;
    }

    /// <summary>Whether members of the group may be given anything now.</summary>
    private bool MayAdmit(int group) => !HasOwnGates || (OpenBook() is var book && book.IsOpen(GatePlace.Rollout) && book.IsOpen(GatePlace.OfGroup(group)));

    /// <summary>What has to agree once every member is final: null while it has not said.</summary>
    private async Task<bool?> IsAgreedAsync()
    {
        if (gates.IsAgreed is { } known || !HasOwnGates)
        {
            return gates.IsAgreed ?? true;
        }

        var book = OpenBook();
        var isAgreed = book.Ask(GatePlace.Rollout, GatePhase.AfterVerify);
        if (isAgreed is { } said)
        {
            book.Settle(said, book.Refused(GatePlace.Rollout, GatePhase.AfterVerify) is { } refused ? WhyRefused(refused) : null);
        }

        await KeepAsync(book);
        return isAgreed;
    }

    /// <summary>Ends what is left of gates.</summary>
    /// <returns>True once whoever was asked has heard.</returns>
    private async Task<bool> AreGatesClosedAsync()
    {
        if (!gates.All.IsEmpty)
        {
            var book = OpenBook();
            book.End(static _ => true);
            await KeepAsync(book);
        }

        return gates.All.IsEmpty;
    }

    /// <summary>An operator lets the rollout go on: what refused it is asked anew.</summary>
    private async Task AskAnewAsync()
    {
        var book = OpenBook();
        book.AskAnew(GatePlace.Rollout);
        for (var group = 0; group < state.Groups.Length; group++)
        {
            book.AskAnew(GatePlace.OfGroup(group));
        }

        await KeepAsync(book);
    }

    /// <summary>True of a group that failed before anything of it was admitted: it was its gate that did not open.</summary>
    private bool IsKeptOut(int group) => state.Spec.Gates.Any(static gate => gate.Scope == GateScope.Group) && state.Groups[group].Status == GroupStatus.Failed
        && Tally.Of(counts[group]) is { Total: > 0 } members && members.Planned == members.Total;

    /// <summary>Members that were given room before a restart, and that the gates still let go on.</summary>
    private async Task<HashSet<string>> GivenAsync(ImmutableArray<WaitingTarget> page)
    {
        var sites = new SiteGates(OpenBook(), int.MaxValue);
        var given = page.Where(target => !target.IsGranted || (MayAdmit(target.Group) && sites.MayTake(target.DeviceId, target.Site)))
            .Select(static target => target.DeviceId).ToHashSet(StringComparer.Ordinal);
        await KeepAsync(sites.Book);
        await LeaveOutAsync(sites.Refused, mayBeTaken: true);
        return given;
    }

    /// <summary>Ends members whose sites do not want them.</summary>
    private async Task LeaveOutAsync(List<string> ids, bool mayBeTaken)
    {
        if (ids.Count == 0)
        {
            return;
        }

        await Targets.EndAsync(await LeadAsync(), new TargetEnd(ids, UpdateStatus.Skipped, SiteRefused), CancellationToken.None);
        Recount();
        if (mayBeTaken)
        {
            Tell(ShardOrder.Cancel, ids.Where(id => !telling.Contains(id)).Select(static id => new ShardDevice { DeviceId = id }), reason: SiteRefused);
        }
    }

    private async Task KeepAsync(RolloutGateBook book)
    {
        if (!ReferenceEquals(book.State, gates))
        {
            gateStorage.State = book.State;
            await gateStorage.WriteStateAsync();
            gates = book.State;
        }

        foreach (var (before, next) in book.Changes)
        {
            var (name, from, to) = ($"gate {next.State.Name}{Of(next.Place)}", before?.State.Status.ToString() ?? "", next.State.Status);
            LogGateMoved(Id, name, from, to, next.State.Actor);
            if (next.Place.Scope != GateScope.Site)
            {
                await SaveAsync(Recorded(state, ($"{name}: {from}", $"{name}: {to}"), "Gate", new Because(next.State.Actor ?? "rollout", next.State.Evidence)));
            }
        }

        foreach (var (gate, effect) in book.Effects)
        {
            services.GateCalls?.Start(CallOf(gate, effect));
        }
    }

    private GateCall CallOf(RolloutGate gate, GateEffect effect) => new()
    {
        Spec = state.Spec.Gates.First(spec => spec.Name == gate.State.Name),
        Key = gate.State.Key,
        Effect = effect,
        DeviceId = "",
        Rollout = Id,
        Group = gate.Place.Group < 0 ? null : gate.Place.Group,
        Site = gate.Place.Scope == GateScope.Site ? gate.Place.Site : null,
        Release = state.Spec.Release,
    };

    private GateView? ViewOf(RolloutGate gate) => state.Spec.Gates.FirstOrDefault(spec => spec.Name == gate.State.Name) is not { } spec ? null : new GateView
    {
        Key = gate.State.Key,
        Rollout = Id,
        DeviceId = "",
        Name = gate.State.Name,
        Phase = spec.Phase,
        Kind = spec.Kind,
        Status = gate.State.Status,
        Since = gate.State.Since,
        OpenUntil = gate.State.OpenUntil,
        Actor = gate.State.Actor,
        Evidence = gate.State.Evidence,
        Role = spec.Kind == GateKind.Manual ? spec.Role : null,
        Scope = spec.Scope,
        Group = gate.Place.Group < 0 ? null : Groups[gate.Place.Group].Name,
        Site = gate.Place.Scope == GateScope.Site ? gate.Place.Site : null,
    };

    /// <summary>A gate that refused, and without which what is yet to be offered is not; null if there is none.</summary>
    private RolloutGate? RefusedGate(RolloutGateBook book)
    {
        var waiting = Enumerable.Range(0, state.Groups.Length).Where(group => state.Groups[group].Status is GroupStatus.Open or GroupStatus.Passed
            && (countedAt is null || Tally.Of(counts[group]) is { Planned: > 0 } or { Ahead: > 0 })).ToList();
        var isMore = waiting.Count > 0 || state.Groups.Any(static group => group.Status < GroupStatus.Open);
        return isMore && book.Refused(GatePlace.Rollout) is { } refused ? refused
            : waiting.Select(group => book.Refused(GatePlace.OfGroup(group))).FirstOrDefault(static gate => gate is not null);
    }

    private string WhyRefused(RolloutGate gate) => $"The gate {gate.State.Name}{Of(gate.Place)} " + (gate.State.Status == GateStatus.Denied ? $"was denied by {gate.State.Actor}."
        : gate.WasOpen ? "was not renewed: its lease ended." : "did not open in time.");

    /// <summary>One sentence on a gate that has not said, or has not heard; null if there is none.</summary>
    private string? AwaitedGate()
    {
        if (gates.All.FirstOrDefault(static gate => gate.State.Status is GateStatus.Requested or GateStatus.Preparing) is { } asked)
        {
            return $"It waits for the gate {asked.State.Name}{Of(asked.Place)} since {Time(asked.State.AskedAt)}.";
        }

        return gates.All.FirstOrDefault(static gate => gate.State.Status == GateStatus.Closing) is { } told
            ? $"It waits since {Time(told.State.Since)} until whoever opened the gate {told.State.Name}{Of(told.Place)} has heard that it is over." : null;
    }

    private string Of(GatePlace place) => place.Scope switch
    {
        GateScope.Group => $" of group '{Groups[place.Group].Name}'",
        GateScope.Site => $" of site '{place.Site}'",
        _ => "",
    };

    private static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
