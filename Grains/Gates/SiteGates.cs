namespace Muster.Gates;

/// <summary>Which devices may be given room by the gates of their sites. A site is asked for as long as there is room for a device of it. Pure.</summary>
/// <param name="book">The decision that it is a part of.</param>
/// <param name="room">For how many devices.</param>
/// <param name="holdRoom">True where the devices hold it already.</param>
internal sealed class SiteGates(RolloutGateBook book, int room, bool holdRoom = false)
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

        if (!book.HasAny(place) && --room < 0)
        {
            return false;
        }

        var isOpen = book.Ask(place, holdsRoom: holdRoom);
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

/// <summary>Of which sites members wait for room, as passes over them find it.</summary>
internal sealed class SiteScan
{
    private HashSet<string> passed = new(StringComparer.Ordinal);
    private HashSet<string>? known;

    internal void Begin() => passed.Clear();

    internal void See(string site)
    {
        passed.Add(site);
        known?.Add(site);
    }

    /// <summary>The pass has come to the last member.</summary>
    internal void Finish() => (known, passed) = (passed, new(StringComparer.Ordinal));

    /// <summary>False if the last whole pass did not meet the site, nor one since; true before there was one.</summary>
    internal bool MayHave(string site) => known?.Contains(site) != false;
}
