namespace Muster.Storage.Postgres;

/// <summary>The statements over members of rollouts. $1 is the rollout.</summary>
internal static class PostgresTargetSql
{
    public const string Claim =
        "insert into rollout_term (rollout, term) values ($1, 1) on conflict (rollout) do update set term = rollout_term.term + 1 returning term";

    /// <summary>The term cannot change until the transaction that asked has ended.</summary>
    public const string Term = "select term from rollout_term where rollout = $1 for share";

    public const string Add = """
        insert into rollout_target (rollout, device_id, grp, position, site, release)
        select $1, u.device_id, u.grp, u.position, u.site, u.release from unnest($2, $3, $4, $5, $6) as u (device_id, grp, position, site, release)
        on conflict do nothing
        """;

    /// <summary>$2: devices; $3: granted; $4: now.</summary>
    public const string Admit = $"""
        with asked as materialized ({Asked} and t.status = 1 order by u.n for update of t)
        update rollout_target t set status = 2, epoch = t.epoch + 1, granted = $3, ready = false, told = false, changed_at = $4 from asked
        where t.rollout = $1 and t.device_id = asked.device_id and t.status = 1 returning t.device_id, t.grp, t.site, t.epoch, t.release
        """;

    // It stays ready, and counts as not told, until the device has written that it has room.
    public const string Grant = $"""
        with asked as materialized ({Asked} and t.list = 2 order by u.n for update of t)
        update rollout_target t set granted = $3, told = false, changed_at = $4 from asked
        where t.rollout = $1 and t.device_id = asked.device_id and t.list = 2 returning t.device_id, t.grp, t.site, t.epoch, t.release
        """;

    /// <summary>$2: devices; $3: status; $4: now; $5: reason.</summary>
    public const string EndSome = $"""
        with asked as materialized ({Asked} order by u.n for update of t)
        update rollout_target t set {End} from asked
        where t.rollout = $1 and t.device_id = asked.device_id and (t.status = 1 or (t.status = 2 and not t.told and not t.ready)) returning 1
        """;

    /// <summary>$2: how many.</summary>
    public const string EndPlanned = $"""
        update rollout_target t set {End} where t.rollout = $1 and t.status = 1
          and t.device_id in (select device_id from rollout_target where rollout = $1 and list = 1 limit $2) returning 1
        """;

    /// <summary>$2: group; $3: list; $4: after; $5: limit.</summary>
    public const string ReadWaiting = $"""
        {Waiting} where rollout = $1 and grp = $2 and list = $3 and list in (1, 2) and position > $4 order by position limit $5
        """;

    /// <summary>$2: after; $3: limit.</summary>
    public const string Untold = $"{Waiting} where rollout = $1 and list = 3 and device_id > $2 order by device_id limit $3";

    public const string Count = """
        select grp, status, granted, reason, count(*), count(*) filter (where attempted), count(*) filter (where ready and not granted)
        from rollout_target where rollout = $1 group by grp, status, granted, reason
        """;

    public const string CountSites = "select site, count(*) from rollout_target where rollout = $1 and granted and held group by site order by site";

    /// <summary>$1: devices.</summary>
    public const string CountHeld = """
        select t.rollout, count(*) from unnest($1) as u (device_id) join rollout_target t on t.device_id = u.device_id and t.held
        group by t.rollout order by t.rollout
        """;

    /// <summary>$1: device; $2: limit. Ends with the rollout.</summary>
    public const string Held = $"{Row}, rollout from rollout_target where device_id = $1 and held order by rollout limit $2";

    /// <summary>$2: after; $3: limit; $4: status, null for any.</summary>
    public const string List = $"""
        {Row} from rollout_target
        where rollout = $1 and device_id > $2 and ($4::bigint is null or status = $4) order by device_id limit $3
        """;

    /// <summary>Behind the deletion of devices, which <c>gone</c> names.</summary>
    public const string EndDeleted = $"""
        update rollout_target t set status = 22, granted = false, ready = false, reason = '{UpdateMoves.DeviceDeleted}',
          changed_at = 621355968000000000 + (extract(epoch from clock_timestamp()) * 10000000)::bigint
        from gone where gone.module_id = '' and t.device_id = gone.device_id and t.held
        """;

    private const string Asked = """
        select t.device_id from unnest($2) with ordinality as u (device_id, n) join rollout_target t on t.rollout = $1 and t.device_id = u.device_id where true
        """;

    private const string End = "status = $3, reason = $5, granted = false, ready = false, changed_at = $4";

    private const string Row = "select device_id, grp, site, status, attempt, epoch, granted, attempted, reason, release, changed_at";

    private const string Waiting = "select device_id, grp, position, site, epoch, release, granted from rollout_target";
}
