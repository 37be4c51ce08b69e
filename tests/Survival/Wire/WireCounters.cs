namespace Muster.Survival;

/// <summary>What connecting cost.</summary>
internal sealed class WireCounters
{
    internal int Dials;
    internal int Handshakes;
    internal int HandshakesFailed;

    /// <summary>CONNECTs that were asked to come back (return code 3).</summary>
    internal int Refused;

    /// <summary>The most attempts in a row that any device needed.</summary>
    internal int MostAttempts;

    internal void Attempts(int count)
    {
        for (var seen = Volatile.Read(ref MostAttempts); count > seen; seen = Volatile.Read(ref MostAttempts))
        {
            Interlocked.CompareExchange(ref MostAttempts, count, seen);
        }
    }

    internal void Reset() => Dials = Handshakes = HandshakesFailed = Refused = MostAttempts = 0;
}
