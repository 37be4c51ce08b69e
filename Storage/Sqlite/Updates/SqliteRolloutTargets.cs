using System.Collections.Immutable;
using System.Text.Json;
using Muster.Query;
using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>Members of rollouts; what changes them rides in the writer's batches with everything else, a page at a time.</summary>
/// <param name="store">The store.</param>
/// <param name="queries">For what goes over all members of a rollout, or over the fleet.</param>
/// <param name="lookups">For what is short by nature.</param>
/// <param name="clock">Says when members changed.</param>
internal sealed class SqliteRolloutTargets(Func<SqliteStore> store, ISqliteReadPool queries, ISqliteReadPool lookups, TimeProvider clock) : IRolloutTargets
{
    private const int RowBytes = 128;

    public Task<long> ClaimAsync(string rollout, CancellationToken cancellationToken) => WriteAsync(
        new TargetWrite<long>(RowBytes, term: null, database =>
        {
            var claim = database.Cached(TargetSql.Claim);
            claim.BindText(1, rollout);
            return SqliteRows.Read(claim, static row => row.Int64(0))[0];
        }),
        cancellationToken);

    public async Task AddAsync(RolloutTerm term, IReadOnlyList<NewTarget> targets, CancellationToken cancellationToken)
    {
        foreach (var page in targets.Chunk(TargetPages.Written))
        {
            await WriteAsync(new TargetWrite<int>(RowBytes * page.Length, term, database => Add(database, term.Rollout, page)), cancellationToken);
        }
    }

    public Task<ImmutableArray<WaitingTarget>> ReadWaitingAsync(string rollout, WaitingPage page, CancellationToken cancellationToken) =>
        lookups.ReadAsync(
            database =>
            {
                var read = database.Cached(page.IsReady ? TargetSql.Ready : TargetSql.Planned);
                read.BindText(1, rollout);
                read.Bind(2, page.Group);
                read.Bind(3, page.After);
                read.Bind(4, page.Limit);
                return SqliteRows.Read(read, TargetRows.Waiting);
            },
            cancellationToken);

    public async Task<ImmutableArray<AdmittedTarget>> AdmitAsync(
        RolloutTerm term, IReadOnlyList<string> deviceIds, Admission admission, CancellationToken cancellationToken)
    {
        var admitted = ImmutableArray.CreateBuilder<AdmittedTarget>(deviceIds.Count);
        foreach (var page in deviceIds.Chunk(TargetPages.Written))
        {
            var write = new TargetWrite<ImmutableArray<AdmittedTarget>>(RowBytes * page.Length, term, database => Admit(database, term.Rollout, page, admission));
            admitted.AddRange(await WriteAsync(write, cancellationToken));
        }

        return admitted.DrainToImmutable();
    }

    public Task<ImmutableArray<WaitingTarget>> ReadUntoldAsync(string rollout, string? after, int limit, CancellationToken cancellationToken) =>
        lookups.ReadAsync(
            database =>
            {
                var read = database.Cached(TargetSql.Untold);
                read.BindText(1, rollout);
                read.BindText(2, after ?? "");
                read.Bind(3, limit);
                return SqliteRows.Read(read, TargetRows.Waiting);
            },
            cancellationToken);

    public async Task<int> EndAsync(RolloutTerm term, TargetEnd end, CancellationToken cancellationToken)
    {
        var ended = 0;
        if (end.DeviceIds is { } deviceIds)
        {
            foreach (var page in deviceIds.Chunk(TargetPages.Written))
            {
                ended += await WriteAsync(new TargetWrite<int>(RowBytes * page.Length, term, database => End(database, term.Rollout, end, page)), cancellationToken);
            }

            return ended;
        }

        for (var last = TargetPages.Written; last == TargetPages.Written;)
        {
            last = await WriteAsync(new TargetWrite<int>(RowBytes * TargetPages.Written, term, database => EndPlanned(database, term.Rollout, end)), cancellationToken);
            ended += last;
        }

        return ended;
    }

    public Task<ImmutableArray<TargetCount>> CountAsync(string rollout, CancellationToken cancellationToken) =>
        queries.ReadAsync(database => SqliteRows.Read(Bound(database, TargetSql.Count, rollout), TargetRows.Count), cancellationToken);

    public Task<ImmutableArray<SiteCount>> CountSitesAsync(string rollout, CancellationToken cancellationToken) => queries.ReadAsync(
        database => SqliteRows.Read(Bound(database, TargetSql.CountSites, rollout), static row => new SiteCount(row.TextOrNull(0)!, (int)row.Int64(1))),
        cancellationToken);

    public Task<ImmutableArray<TargetRow>> ListAsync(string rollout, TargetPage page, CancellationToken cancellationToken) => queries.ReadAsync(
        database =>
        {
            var list = Bound(database, TargetSql.List, rollout);
            list.BindText(2, page.After ?? "");
            list.Bind(3, page.Limit);
            list.BindNull(4);
            if (page.Status is { } status)
            {
                list.Bind(4, (long)status);
            }

            return SqliteRows.Read(list, TargetRows.Member);
        },
        cancellationToken);

    public Task<ImmutableArray<(string Rollout, int Devices)>> CountHeldAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken)
    {
        var list = JsonSerializer.Serialize(deviceIds);
        return queries.ReadAsync(
            database => SqliteRows.Read(Bound(database, TargetSql.CountHeld, list), static row => (row.TextOrNull(0)!, (int)row.Int64(1))),
            cancellationToken);
    }

    public Task<ImmutableArray<(string Rollout, TargetRow Member)>> ReadHeldAsync(string deviceId, int limit, CancellationToken cancellationToken) => lookups.ReadAsync(
        database =>
        {
            var held = Bound(database, TargetSql.Held, deviceId);
            held.Bind(2, limit);
            return SqliteRows.Read(held, static row => (row.TextOrNull(11)!, TargetRows.Member(row)));
        },
        cancellationToken);

    public Task<ImmutableArray<TargetCandidate>> FindAsync(TwinQuery query, CandidatePage page, CancellationToken cancellationToken) =>
        queries.ReadAsync(database => SqliteCandidates.Read(database, query, page), cancellationToken);

    private Task<T> WriteAsync<T>(TargetWrite<T> write, CancellationToken cancellationToken)
    {
        store().Writer.Add(write);
        return write.Task.WaitAsync(cancellationToken);
    }

    private static int Add(SqliteDatabase database, string rollout, NewTarget[] targets)
    {
        var add = Bound(database, TargetSql.Add, rollout);
        foreach (var target in targets)
        {
            add.BindText(2, target.DeviceId);
            add.Bind(3, target.Group);
            add.Bind(4, target.Position);
            add.BindText(5, target.Site);
            add.BindText(6, target.Release);
            add.Execute();
        }

        return targets.Length;
    }

    private ImmutableArray<AdmittedTarget> Admit(SqliteDatabase database, string rollout, string[] deviceIds, Admission admission)
    {
        var admit = Bound(database, admission == Admission.Room ? TargetSql.Grant : TargetSql.Admit, rollout);
        admit.Bind(3, admission == Admission.WithoutRoom ? 0 : 1);
        admit.Bind(4, clock.GetUtcNow().UtcTicks);
        var admitted = ImmutableArray.CreateBuilder<AdmittedTarget>();
        foreach (var deviceId in deviceIds)
        {
            admit.BindText(2, deviceId);
            admitted.AddRange(SqliteRows.Read(admit, TargetRows.Admitted));
        }

        return admitted.DrainToImmutable();
    }

    private int End(SqliteDatabase database, string rollout, TargetEnd end, string[] deviceIds)
    {
        var (update, ended) = (BoundEnd(database, TargetSql.EndOne, rollout, end), 0);
        foreach (var deviceId in deviceIds)
        {
            update.BindText(5, deviceId);
            update.Execute();
            ended += database.Changes;
        }

        return ended;
    }

    private int EndPlanned(SqliteDatabase database, string rollout, TargetEnd end)
    {
        var update = BoundEnd(database, TargetSql.EndPlanned, rollout, end);
        update.Bind(5, TargetPages.Written);
        update.Execute();
        return database.Changes;
    }

    private SqliteStatement BoundEnd(SqliteDatabase database, string sql, string rollout, TargetEnd end)
    {
        var update = Bound(database, sql, rollout);
        update.Bind(2, (long)end.To);
        update.BindText(3, end.Reason);
        update.Bind(4, clock.GetUtcNow().UtcTicks);
        return update;
    }

    private static SqliteStatement Bound(SqliteDatabase database, string sql, string first)
    {
        var statement = database.Cached(sql);
        statement.BindText(1, first);
        return statement;
    }
}
