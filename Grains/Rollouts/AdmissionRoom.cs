namespace Muster.Rollouts;

/// <summary>
/// Room under the in-flight cap and under each site's budget, counted from what the store says is granted. It only ever gets less: whoever takes from it and writes
/// what was taken, before anyone else counts, never exceeds either. Pure.
/// </summary>
internal sealed class AdmissionRoom
{
    private readonly int perSite;
    private readonly Dictionary<string, int> sites = new(StringComparer.Ordinal);

    /// <param name="maxInFlight">Null for any number.</param>
    /// <param name="perSite">Null for any number.</param>
    /// <param name="granted">By site.</param>
    internal AdmissionRoom(int? maxInFlight, int? perSite, IEnumerable<KeyValuePair<string, int>> granted)
    {
        this.perSite = perSite ?? int.MaxValue;
        foreach (var (site, count) in granted)
        {
            sites[site] = sites.GetValueOrDefault(site) + count;
        }

        Left = maxInFlight is { } most ? Math.Max(0, most - sites.Values.Sum()) : int.MaxValue;
    }

    /// <summary>Devices that fit, whatever their sites.</summary>
    internal int Left { get; private set; }

    /// <summary>True if one more of the site fits.</summary>
    internal bool HasRoom(string site) => Left > 0 && sites.GetValueOrDefault(site) < perSite;

    /// <summary>True if one more of the site fits; it is counted then.</summary>
    internal bool TryTake(string site)
    {
        if (!HasRoom(site))
        {
            return false;
        }

        sites[site] = sites.GetValueOrDefault(site) + 1;
        Left -= Left == int.MaxValue ? 0 : 1;
        return true;
    }
}
