namespace Muster.Storage.Sqlite;

/// <summary>
/// First versions of rows. A row that is deleted and made again must not come by a version that its predecessor had: a stale activation could
/// write over it. Microseconds run ahead of any number of updates of one row.
/// </summary>
internal sealed class VersionSeed(TimeProvider clock)
{
    private long last;

    public long Next() => last = Math.Max(last + 1, (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
}
