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
    internal int UnusedSites => State.All.Where(static gate => gate.Place.Scope == GateScope.Site && gate.IsUnused).DistinctBy(static gate => gate.Place).Count();

    internal bool HasGates(GateScope scope) => specs.Any(spec => spec.Scope == scope);

    /// <summary>True if the place has a gate, one that is being closed too.</summary>
    internal bool HasAny(GatePlace place) => State.All.Any(gate => gate.Place == place);

    /// <summary>
    /// Asks the gates of a place where that was not done. Nobody is asked while he is told that it is over, or is yet to be told it of a lease that ended: what he hears last
    /// would not be what counts.
    /// </summary>
    /// <param name="place">The place.</param>
    /// <param name="phase">What the gates hold up.</param>
    /// <param name="holdsRoom">True for a device that holds room: while it does no gate of its site is closed, so that one whose lease ended is asked for at once.</param>
    /// <returns>True while they are open; null while one has not said; false once one never will.</returns>
    internal bool? Ask(GatePlace place, GatePhase phase = GatePhase.BeforeOffer, bool holdsRoom = false)
    {
        var isClosing = State.All.Any(gate => gate.Place == place && gate.State.Status == GateStatus.Closing);
        var gates = SpecsOf(place, phase).Select(spec => Find(place, spec) is { } gate && !(holdsRoom && gate.IsLapsedSite) ? gate : isClosing ? null : Add(place, spec)).ToList();
        return gates.Exists(static gate => gate is { State.IsRefused: true, IsLapsedSite: false }) ? false
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

    /// <summary>
    /// Ends the gates of sites of which no device holds room: those that let devices through or whose lease ended, and the others too where no device of the site waits.
    /// One that was denied stays: its site is left out.
    /// </summary>
    /// <param name="inFlight">Sites of which a device holds room.</param>
    /// <param name="isWaiting">Whether devices of a site wait for room; true where that is not known.</param>
    internal void EndSites(IReadOnlySet<string> inFlight, Func<string, bool> isWaiting) => End(gate => gate.Place is { Scope: GateScope.Site, Site: var site } && !inFlight.Contains(site)
        && (isWaiting(site) ? gate.IsSpentSite && !State.All.Any(other => other.IsUnused && other.Place == gate.Place && other.State.Name == gate.State.Name) : gate.IsSpentSite || gate.IsUnused));

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
