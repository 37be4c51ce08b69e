namespace Muster.Storage.Sqlite;

/// <summary>The statements over members of rollouts. ?1 is the rollout.</summary>
internal static class TargetSql
{
    public const string Claim =
        "INSERT INTO rollout_term (rollout, term) VALUES (?1, 1) ON CONFLICT (rollout) DO UPDATE SET term = term + 1 RETURNING term";

    public const string Term = "SELECT term FROM rollout_term WHERE rollout = ?1";

    public const string Add = """
        INSERT INTO rollout_target (rollout, device_id, grp, position, site, release, status, attempt, epoch, granted, ready, attempted, told)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING
        """;

    /// <summary>?2: device; ?3: granted; ?4: now.</summary>
    public const string Admit = """
        UPDATE rollout_target SET status = 2, epoch = epoch + 1, granted = ?3, ready = 0, told = 0, changed_at = ?4
        WHERE rollout = ?1 AND device_id = ?2 AND status = 1 RETURNING device_id, grp, site, epoch, release
        """;

    // It stays ready, and counts as not told, until the device has written that it has room.
    public const string Grant = """
        UPDATE rollout_target SET granted = ?3, told = 0, changed_at = ?4
        WHERE rollout = ?1 AND device_id = ?2 AND ready = 1 AND granted = 0 AND status < 20 RETURNING device_id, grp, site, epoch, release
        """;

    private const string End = "UPDATE rollout_target SET status = ?2, reason = ?3, granted = 0, ready = 0, changed_at = ?4";

    /// <summary>?5: device.</summary>
    public const string EndOne = $"{End} WHERE rollout = ?1 AND device_id = ?5 AND (status = 1 OR (status = 2 AND told = 0 AND ready = 0))";

    /// <summary>?5: how many.</summary>
    public const string EndPlanned = $"""
        {End} WHERE rollout = ?1 AND device_id IN
          (SELECT device_id FROM rollout_target INDEXED BY rollout_target_planned WHERE rollout = ?1 AND status = 1 LIMIT ?5)
        """;

    private const string Waiting = "SELECT device_id, grp, position, site, epoch, release, granted FROM rollout_target";

    /// <summary>?2: group; ?3: after; ?4: limit.</summary>
    public const string Planned = $"""
        {Waiting} INDEXED BY rollout_target_planned WHERE rollout = ?1 AND grp = ?2 AND status = 1 AND position > ?3 ORDER BY position LIMIT ?4
        """;

    public const string Ready = $"""
        {Waiting} INDEXED BY rollout_target_ready WHERE rollout = ?1 AND grp = ?2 AND ready = 1 AND granted = 0 AND status < 20 AND position > ?3
        ORDER BY position LIMIT ?4
        """;

    /// <summary>?2: after; ?3: limit.</summary>
    public const string Untold = $"""
        {Waiting} INDEXED BY rollout_target_untold WHERE rollout = ?1 AND told = 0 AND status BETWEEN 2 AND 19 AND device_id > ?2
        ORDER BY device_id LIMIT ?3
        """;

    public const string Count = """
        SELECT grp, status, granted, reason, count(*), sum(attempted), sum(ready AND NOT granted) FROM rollout_target WHERE rollout = ?1
        GROUP BY grp, status, granted, reason
        """;

    public const string CountSites =
        "SELECT site, count(*) FROM rollout_target WHERE rollout = ?1 AND granted = 1 AND status < 20 GROUP BY site ORDER BY site";

    /// <summary>?1: ids as a JSON array.</summary>
    public const string CountHeld = """
        SELECT t.rollout, count(*) FROM json_each(?1) d CROSS JOIN rollout_target t INDEXED BY rollout_target_held
        ON t.device_id = d.value AND t.status < 20 GROUP BY t.rollout ORDER BY t.rollout
        """;

    private const string Row = "SELECT device_id, grp, site, status, attempt, epoch, granted, attempted, reason, release, changed_at";

    /// <summary>?1: device; ?2: limit. Ends with the rollout.</summary>
    public const string Held =
        $"{Row}, rollout FROM rollout_target INDEXED BY rollout_target_held WHERE device_id = ?1 AND status < 20 ORDER BY rollout LIMIT ?2";

    /// <summary>?2: after; ?3: limit; ?4: status, NULL for any.</summary>
    public const string List = $"{Row} FROM rollout_target WHERE rollout = ?1 AND device_id > ?2 AND (?4 IS NULL OR status = ?4) ORDER BY device_id LIMIT ?3";
}
