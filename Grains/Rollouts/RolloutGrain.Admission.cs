using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>
/// Whose turn it is. Room is counted from the store in the turn that gives it, and only this activation's term may give: so neither the cap nor a site's budget is ever
/// exceeded, whoever else believes to lead, and whatever progress was lost.
/// </summary>
internal sealed partial class RolloutGrain
{
    private const int AheadWithoutCap = 20_000;
    private const int AheadAtLeast = 200;
    private readonly Dictionary<(int Group, bool IsReady), long> cursors = [];
    private readonly Dictionary<(int Group, bool IsReady), SiteScan> scans = [];

    /// <summary>True if devices ask for room themselves, when their time has come.</summary>
    private bool DevicesAsk => !state.Spec.Windows.IsEmpty || !state.Spec.Blackouts.IsEmpty || state.Spec.Gates.Any(static gate => gate is { Scope: GateScope.Device, Phase: GatePhase.BeforeOffer });

    /// <returns>True if more may be admitted at once.</returns>
    private async Task<bool> AdmitAsync()
    {
        if (IsTellingMuch || (countedAt is not null && tally.Planned == 0 && tally.Ready == 0))
        {
            return false;
        }

        var quota = await QuotaAsync();
        var isMore = false;
        for (var group = 0; group < state.Groups.Length && !quota.IsSpent && !IsTellingMuch; group++)
        {
            if (state.Groups[group].Status is < GroupStatus.Open or > GroupStatus.Passed || !MayAdmit(group))
            {
                continue;
            }

            var members = Tally.Of(counts[group]);
            if (members.Ready > 0 || countedAt is null)
            {
                isMore |= await AdmitFromAsync((group, true), Admission.Room, quota);
            }

            if (members.Planned > 0 || countedAt is null)
            {
                isMore |= await AdmitFromAsync((group, false), DevicesAsk ? Admission.WithoutRoom : Admission.WithRoom, quota);
            }
        }

        return isMore;
    }

    private async Task<Quota> QuotaAsync()
    {
        var spec = state.Spec;
        var granted = spec.MaxInFlight is null && spec.Budget is null ? [] : await Targets.CountSitesAsync(Id, CancellationToken.None);

        // The store knows of ends that nobody has told yet. Room that they left is given once they are heard: a failure among them may be the one that halts.
        var untold = Math.Max(0, unheard - granted.Sum(static site => site.Granted));
        var most = spec.MaxInFlight - untold;
        isDirty |= untold > 0;
        var room = new AdmissionRoom(most, spec.Budget?.MaxUnavailable, granted.Select(static site => KeyValuePair.Create(site.Site, site.Granted)));
        var ahead = spec.MaxInFlight is { } cap ? Math.Max(AheadAtLeast, 4 * cap) : AheadWithoutCap;
        if (AdmissionRate.PerMinute(spec.Rate, tally.Succeeded) is { } perMinute)
        {
            state = state with { Bucket = AdmissionRate.Fill(state.Bucket, perMinute, Now) };
            return new Quota(room, (int)Math.Floor(state.Bucket.Tokens), ahead - tally.Ahead);
        }

        return new Quota(room, int.MaxValue, ahead - tally.Ahead);
    }

    /// <returns>True if more of them may be admitted at once.</returns>
    private async Task<bool> AdmitFromAsync((int Group, bool IsReady) from, Admission how, Quota quota)
    {
        var page = await Targets.ReadWaitingAsync(
            Id, new WaitingPage(from.Group, from.IsReady, cursors.GetValueOrDefault(from, -1), Settings.AdmitBatch), CancellationToken.None);
        var (chosen, isSkipping, isWhole, last) = (new List<string>(page.Length), false, true, -1L);
        var (sites, scan) = (new SiteGates(OpenBook(), quota.UnaskedSites), ScanOf(from));
        foreach (var target in page)
        {
            if (quota.IsSpentFor(how))
            {
                isWhole = false;
                break;
            }

            last = target.Position;
            scan.See(target.Site);
            if (how != Admission.WithoutRoom && !(quota.HasRoom(target.Site) && sites.MayTake(target.DeviceId, target.Site)))
            {
                isSkipping = true;
            }
            else if (quota.TryTake(how, target.Site))
            {
                chosen.Add(target.DeviceId);
            }
            else
            {
                isSkipping = true;
            }
        }

        // Those whose site is full are passed, and come up again after the last one.
        var isRound = page.Length < Settings.AdmitBatch;
        cursors[from] = isSkipping && !isRound ? last : -1;
        if (isRound && isWhole)
        {
            scan.Finish();
        }

        await KeepAsync(sites.Book);
        await LeaveOutAsync(sites.Refused, from.IsReady);
        var moved = chosen.Count == 0 ? 0 : await AdmitAsync(chosen, how);
        return !isRound && (moved > 0 || isSkipping) && !quota.IsSpentFor(how);
    }

    /// <summary>What the pass knows of sites that begins now, or goes on.</summary>
    private SiteScan ScanOf((int Group, bool IsReady) from)
    {
        var scan = scans.TryGetValue(from, out var known) ? known : scans[from] = new SiteScan();
        if (cursors.GetValueOrDefault(from, -1) < 0)
        {
            scan.Begin();
        }

        return scan;
    }

    /// <summary>False if no device of the site waits for room.</summary>
    private bool MayWait(string site) => Enumerable.Range(0, state.Groups.Length).Any(group => state.Groups[group].Status >= GroupStatus.Open && Tally.Of(counts[group]) is var members
        && ((members.Ready > 0 && MayBeAt(site, (group, true))) || (!DevicesAsk && members.Planned > 0 && MayBeAt(site, (group, false)))));

    private bool MayBeAt(string site, (int Group, bool IsReady) from) => !scans.TryGetValue(from, out var scan) || scan.MayHave(site);

    private async Task<int> AdmitAsync(List<string> chosen, Admission how)
    {
        await SpendAsync(how == Admission.WithoutRoom ? 0 : chosen.Count);
        var moved = await Targets.AdmitAsync(await LeadAsync(), chosen, how, CancellationToken.None);
        isDirty = true;
        unheard += how == Admission.WithoutRoom ? 0 : moved.Length;
        services.Instruments.OnAdmitted(how == Admission.Room ? 0 : moved.Length);
        Tell(how == Admission.Room ? ShardOrder.Grant : ShardOrder.Assign, moved.Select(target => new ShardDevice
        {
            DeviceId = target.DeviceId,
            Group = target.Group,
            Epoch = target.Epoch,
            IsGranted = how != Admission.WithoutRoom,
            Release = target.Release,
        }));
        return moved.Length;
    }

    // Before it is used: a restart may lose what was not used, and never gives it twice.
    private async Task SpendAsync(int devices)
    {
        if (devices > 0 && state.Spec.Rate.PerMinute is not null)
        {
            await SaveAsync(state with { Bucket = state.Bucket with { Tokens = state.Bucket.Tokens - devices } });
        }
    }

    /// <summary>How many may be admitted in this turn.</summary>
    private sealed class Quota(AdmissionRoom room, int tokens, int ahead)
    {
        private int tokens = tokens;
        private int ahead = ahead;

        /// <summary>As many sites may be asked for as devices have room: whoever opens a gate is not to wait for nothing.</summary>
        internal int UnaskedSites => Math.Min(tokens, room.Left);

        internal bool IsSpent => IsSpentFor(Admission.Room) && IsSpentFor(Admission.WithoutRoom);

        internal bool IsSpentFor(Admission how) => how == Admission.WithoutRoom ? ahead <= 0 : tokens <= 0 || room.Left <= 0;

        internal bool HasRoom(string site) => tokens > 0 && room.HasRoom(site);

        internal bool TryTake(Admission how, string site)
        {
            if (how == Admission.WithoutRoom)
            {
                ahead--;
                return true;
            }

            if (!room.TryTake(site))
            {
                return false;
            }

            tokens -= tokens == int.MaxValue ? 0 : 1;
            return true;
        }
    }
}
