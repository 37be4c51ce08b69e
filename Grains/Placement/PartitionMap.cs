namespace Muster.Placement;

/// <summary>
/// Virtual partition to silo, by rendezvous hashing over stable silo names: when a silo joins or leaves, only what moves to it or off it
/// moves. Affinity only; correctness rests on the directory, ETags and epochs.
/// </summary>
public static class PartitionMap
{
    /// <summary>The index of the silo that should hold <paramref name="partition"/>; <paramref name="siloNames"/> must not be empty.</summary>
    public static int OwnerOf(int partition, IReadOnlyList<string> siloNames)
    {
        var best = 0;
        var bestScore = 0UL;
        for (var i = 0; i < siloNames.Count; i++)
        {
            var score = Score(partition, siloNames[i]);
            if (i == 0 || score > bestScore || (score == bestScore && string.CompareOrdinal(siloNames[i], siloNames[best]) < 0))
            {
                (best, bestScore) = (i, score);
            }
        }

        return best;
    }

    private static ulong Score(int partition, string siloName)
    {
        var hash = 14695981039346656037UL ^ (uint)partition;
        foreach (var c in siloName)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }
}
