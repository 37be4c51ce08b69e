using System.Collections.Immutable;
using System.Globalization;
using Muster.Devices;
using Muster.Updates;

namespace Muster.Gates;

/// <summary>
/// One decision on the gates of a rollout, its groups and its sites: the state as it changes, and what has to be said once that is stored. Pure. Each gate follows
/// <see cref="GateMachine"/>; the last one that was asked for in front of a place, and is not being closed, is the one that counts.
/// </summary>
internal sealed class RolloutGateBook(string rollout, ImmutableArray<GateSpec> specs, RolloutGatesState state, DateTimeOffset now)
{
    /// <summary>What a rollout's document holds.</summary>
    internal const int MaxGates = 1_000;

    private readonly GateContext context = new(now, new DeviceFacts(new DeviceState()));
    private readonly List<(RolloutGate? Before, RolloutGate Next)> changes = [];
    private readonly List<(RolloutGate Gate, GateEffect Effect)> effects = [];

    internal RolloutGatesState State { get; private set; } = state;

    /// <summary>Gates that stand elsewhere now; before is null for one that was asked for.</summary>
    internal IReadOnlyList<(RolloutGate? Before, RolloutGate Next)> Changes => changes;

    internal IReadOnlyList<(RolloutGate Gate, GateEffect Effect)> Effects => effects;

    /// <summary>Sites that were asked for, and have not been used.</summary>
    internal int UnusedSites => State.All.Where(static gate => gate is { Place.Scope: GateScope.Site, IsUsed: false, State.Status: GateStatus.Requested or GateStatus.Preparing or GateStatus.Open })
        .DistinctBy(static gate => gate.Place).Count();

    internal bool HasGates(GateScope scope) => specs.Any(spec => spec.Scope == scope);

    /// <summary>True if some gate of the place counts.</summary>
    internal bool IsAsked(GatePlace place) => State.All.Any(gate => gate.Place == place && !gate.IsLapsed && gate.State.Status != GateStatus.Closing);

    /// <summary>Asks the gates of a place where that was not done.</summary>
    /// <returns>True while they are open; null while one has not said; false once one never will.</returns>
    internal bool? Ask(GatePlace place, GatePhase phase = GatePhase.BeforeOffer)
    {
        var gates = SpecsOf(place, phase).Select(spec => Find(place, spec) is { } gate && !(gate.IsLapsed && place.Scope == GateScope.Site) ? gate : Add(place, spec)).ToList();
        return gates.Exists(static gate => gate?.State.IsRefused == true) ? false
            : gates.TrueForAll(gate => gate?.State.IsOpenAt(now) == true) ? true
            : null;
    }

    /// <summary>Whether the gates of a place are open. Asks nobody.</summary>
    internal bool IsOpen(GatePlace place) => SpecsOf(place, GatePhase.BeforeOffer).All(spec => Find(place, spec)?.State.IsOpenAt(now) == true);

    /// <summary>A gate of the place that was denied, did not open in time, or whose lease ended; null if there is none.</summary>
    internal RolloutGate? Refused(GatePlace place, GatePhase phase = GatePhase.BeforeOffer) =>
        SpecsOf(place, phase).Select(spec => Find(place, spec)).FirstOrDefault(static gate => gate?.State.IsRefused == true);

    /// <summary>Asks anew what refused: somebody wants to go on all the same.</summary>
    internal void AskAnew(GatePlace place)
    {
        foreach (var spec in SpecsOf(place, GatePhase.BeforeOffer).Where(spec => Find(place, spec)?.State.IsRefused == true))
        {
            Add(place, spec);
        }
    }

    /// <summary>A device is given room by the gates of its site.</summary>
    internal void Use(GatePlace site)
    {
        foreach (var gate in State.All.Where(gate => gate.Place == site && gate is { IsUsed: false, State.Status: GateStatus.Open }))
        {
            State = State with { All = State.All.Replace(gate, gate with { IsUsed = true }) };
        }
    }

    /// <summary>What is due.</summary>
    internal void Look()
    {
        foreach (var gate in State.All.Where(gate => gate.State.Due <= now))
        {
            if (SpecOf(gate) is { } spec)
            {
                Move(gate, GateMachine.OnDue(spec, gate.State, context));
            }
        }
    }

    /// <summary>Somebody says something of one of the gates.</summary>
    internal GateState Hear(RolloutGate gate, GateAnswer answer)
    {
        var next = SpecOf(gate) is { } spec ? GateMachine.On(spec, gate.State, answer, now) : gate.State;
        Move(gate, new GateMove(next));
        return next;
    }

    /// <summary>Ends gates: whoever was asked is told until he has heard, then they are gone.</summary>
    internal void End(Func<RolloutGate, bool> isOver)
    {
        foreach (var gate in State.All.Where(isOver))
        {
            if (SpecOf(gate) is { } spec)
            {
                Move(gate, GateMachine.End(spec, gate.State, now));
            }
        }
    }

    /// <summary>Ends the gates of sites that let devices through, and of which none holds room any more. One that was denied stays: its site is left out.</summary>
    internal void EndSites(IReadOnlySet<string> inFlight) => End(gate => gate.Place.Scope == GateScope.Site && !inFlight.Contains(gate.Place.Site)
        && (gate.IsLapsed || gate is { IsUsed: true, State.Status: GateStatus.Open }));

    internal void Settle(bool isAgreed, string? whyNot) => State = State with { IsAgreed = isAgreed, WhyNot = whyNot };

    private RolloutGate? Add(GatePlace place, GateSpec spec)
    {
        if (State.All.Length >= MaxGates)
        {
            return null;
        }

        var number = State.Asked + 1;
        var key = string.Create(CultureInfo.InvariantCulture, $"{rollout}/{place.Scope.ToString().ToLowerInvariant()}/{spec.Name}/{number}");
        var move = GateMachine.Ask(spec, key, context);
        var gate = new RolloutGate { Place = place, State = move.Next, WasOpen = move.Next.Status == GateStatus.Open };
        State = State with { All = State.All.Add(gate), Asked = number };
        changes.Add((null, gate));
        Say(gate, move.Effect);
        return gate;
    }

    private void Move(RolloutGate gate, GateMove move)
    {
        var next = gate with { State = move.Next, WasOpen = gate.WasOpen || move.Next.Status == GateStatus.Open };
        if (!ReferenceEquals(gate.State, move.Next))
        {
            State = State with { All = move.Next.Status == GateStatus.Closed ? State.All.Remove(gate) : State.All.Replace(gate, next) };
            if (gate.State.Status != move.Next.Status)
            {
                changes.Add((gate, next));
            }
        }

        Say(next, move.Effect);
    }

    private void Say(RolloutGate gate, GateEffect effect)
    {
        if (effect != GateEffect.None)
        {
            effects.Add((gate, effect));
        }
    }

    private IEnumerable<GateSpec> SpecsOf(GatePlace place, GatePhase phase) => specs.Where(spec => spec.Scope == place.Scope && spec.Phase == phase);

    private RolloutGate? Find(GatePlace place, GateSpec spec) =>
        State.All.LastOrDefault(gate => gate.Place == place && gate.State.Name == spec.Name && gate.State.Status != GateStatus.Closing);

    private GateSpec? SpecOf(RolloutGate gate) => specs.FirstOrDefault(spec => spec.Name == gate.State.Name);
}

/// <summary>Which devices may be given room by the gates of their sites. A site is asked for as long as there is room for a device of it. Pure.</summary>
/// <param name="book">The decision that it is a part of.</param>
/// <param name="room">For how many devices.</param>
internal sealed class SiteGates(RolloutGateBook book, int room)
{
    private readonly bool hasGates = book.HasGates(GateScope.Site);
    private int room = room - book.UnusedSites;

    internal RolloutGateBook Book => book;

    /// <summary>Devices whose sites do not want them.</summary>
    internal List<string> Refused { get; } = [];

    internal bool MayTake(string deviceId, string site)
    {
        var place = GatePlace.OfSite(site);
        if (!hasGates)
        {
            return true;
        }

        if (!book.IsAsked(place) && --room < 0)
        {
            return false;
        }

        var isOpen = book.Ask(place);
        if (isOpen == true)
        {
            book.Use(place);
        }
        else if (isOpen == false)
        {
            Refused.Add(deviceId);
        }

        return isOpen == true;
    }
}
