namespace Muster.Placement;

/// <summary>What the membership says of one run of a silo.</summary>
public enum SiloFate
{
    /// <summary>This view has not heard of it: it may have joined just now, or be long forgotten.</summary>
    Unknown = 0,

    /// <summary>It is a member, though perhaps one that is leaving.</summary>
    Member,

    /// <summary>It is no member any more, and never will be again.</summary>
    Dead,
}

/// <summary>Judges silos by their address with its generation, so that a restarted silo is not taken for the run before.</summary>
internal static class SiloFates
{
    internal static SiloFate Of(SiloAddress silo, IEnumerable<KeyValuePair<SiloAddress, SiloStatus>> members)
    {
        var fate = SiloFate.Unknown;
        foreach (var (address, status) in members)
        {
            if (address.Equals(silo))
            {
                return status is SiloStatus.Dead ? SiloFate.Dead : SiloFate.Member;
            }

            // At one endpoint there is one silo: a later generation there means that the earlier ended.
            if (address.Endpoint.Equals(silo.Endpoint) && address.Generation > silo.Generation)
            {
                fate = SiloFate.Dead;
            }
        }

        return fate;
    }
}
