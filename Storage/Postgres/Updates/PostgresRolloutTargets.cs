using System.Collections.Immutable;
using Muster.Query;
using Muster.Telemetry;
using Muster.Updates;
using Npgsql;
using NpgsqlTypes;
using static Muster.Storage.Postgres.PostgresRows;

namespace Muster.Storage.Postgres;

/// <summary>Members of rollouts, many in one statement; what changes them holds the rollout's term for as long as its transaction lasts.</summary>
internal sealed class PostgresRolloutTargets(Func<PostgresStore> store, TimeProvider clock) : IRolloutTargets
{
    private const int Written = 10_000;

    public async Task<long> ClaimAsync(string rollout, CancellationToken cancellationToken) =>
        (await RowsAsync(PostgresTargetSql.Claim, [Text(rollout)], static row => row.GetInt64(0), cancellationToken))[0];

    public async Task AddAsync(RolloutTerm term, IReadOnlyList<NewTarget> targets, CancellationToken cancellationToken)
    {
        foreach (var page in targets.Chunk(Written))
        {
            await WriteAsync(
                term,
                PostgresTargetSql.Add,
                [
                    Array(page.Select(static target => target.DeviceId), NpgsqlDbType.Text), Array(page.Select(static target => target.Group), NpgsqlDbType.Integer),
                    Array(page.Select(static target => target.Position), NpgsqlDbType.Bigint), Array(page.Select(static target => target.Site), NpgsqlDbType.Text),
                    Array(page.Select(static target => target.Release), NpgsqlDbType.Text),
                ],
                static _ => 0,
                cancellationToken);
        }
    }

    public Task<ImmutableArray<WaitingTarget>> ReadWaitingAsync(string rollout, WaitingPage page, CancellationToken cancellationToken) => RowsAsync(
        PostgresTargetSql.ReadWaiting,
        [Text(rollout), Number(page.Group), Number(page.IsReady ? 2 : 1), Number(page.After), Number(page.Limit)],
        PostgresTargetRows.Waiting,
        cancellationToken);

    public async Task<ImmutableArray<AdmittedTarget>> AdmitAsync(
        RolloutTerm term, IReadOnlyList<string> deviceIds, Admission admission, CancellationToken cancellationToken)
    {
        var admitted = ImmutableArray.CreateBuilder<AdmittedTarget>(deviceIds.Count);
        foreach (var page in InOrder(deviceIds).Chunk(Written))
        {
            admitted.AddRange(await WriteAsync(
                term,
                admission == Admission.Room ? PostgresTargetSql.Grant : PostgresTargetSql.Admit,
                [Array(page, NpgsqlDbType.Text), new() { Value = admission != Admission.WithoutRoom }, Now],
                PostgresTargetRows.Admitted,
                cancellationToken));
        }

        return admitted.DrainToImmutable();
    }

    public Task<ImmutableArray<WaitingTarget>> ReadUntoldAsync(string rollout, string? after, int limit, CancellationToken cancellationToken) =>
        RowsAsync(PostgresTargetSql.Untold, [Text(rollout), Text(after ?? ""), Number(limit)], PostgresTargetRows.Waiting, cancellationToken);

    public async Task<int> EndAsync(RolloutTerm term, TargetEnd end, CancellationToken cancellationToken)
    {
        var ended = 0;
        if (end.DeviceIds is { } deviceIds)
        {
            foreach (var page in InOrder(deviceIds).Chunk(Written))
            {
                ended += await EndAsync(term, PostgresTargetSql.EndSome, Array(page, NpgsqlDbType.Text), end, cancellationToken);
            }

            return ended;
        }

        for (var last = Written; last == Written;)
        {
            last = await EndAsync(term, PostgresTargetSql.EndPlanned, Number(Written), end, cancellationToken);
            ended += last;
        }

        return ended;
    }

    public Task<ImmutableArray<TargetCount>> CountAsync(string rollout, CancellationToken cancellationToken) =>
        RowsAsync(PostgresTargetSql.Count, [Text(rollout)], PostgresTargetRows.Count, cancellationToken);

    public Task<ImmutableArray<SiteCount>> CountSitesAsync(string rollout, CancellationToken cancellationToken) => RowsAsync(
        PostgresTargetSql.CountSites, [Text(rollout)], static row => new SiteCount(row.GetString(0), (int)row.GetInt64(1)), cancellationToken);

    public Task<ImmutableArray<TargetRow>> ListAsync(string rollout, TargetPage page, CancellationToken cancellationToken) => RowsAsync(
        PostgresTargetSql.List,
        [Text(rollout), Text(page.After ?? ""), Number(page.Limit), new() { Value = page.Status is { } status ? (long)status : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint }],
        PostgresTargetRows.Member,
        cancellationToken);

    public Task<ImmutableArray<(string Rollout, int Devices)>> CountHeldAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken) => RowsAsync(
        PostgresTargetSql.CountHeld, [Array(deviceIds, NpgsqlDbType.Text)], static row => (row.GetString(0), (int)row.GetInt64(1)), cancellationToken);

    public Task<ImmutableArray<(string Rollout, TargetRow Member)>> ReadHeldAsync(string deviceId, int limit, CancellationToken cancellationToken) => RowsAsync(
        PostgresTargetSql.Held, [Text(deviceId), Number(limit)], static row => (row.GetString(11), PostgresTargetRows.Member(row)), cancellationToken);

    public Task<ImmutableArray<TargetCandidate>> FindAsync(TwinQuery query, CandidatePage page, CancellationToken cancellationToken) => PostgresRead.RunAsync(
        store().Database, PostgresQueryCompiler.Candidates(query, page), reader => ReadAsync(reader, PostgresTargetRows.Candidate, cancellationToken), cancellationToken);

    private NpgsqlParameter Now => Number(clock.GetUtcNow().UtcTicks);

    // Devices' own writes lock members in this order: two transactions then wait for each other, and do not lock each other up.
    private static IEnumerable<string> InOrder(IReadOnlyList<string> deviceIds) =>
        deviceIds.OrderBy(PartitionHash.VirtualPartition).ThenBy(static id => id, StringComparer.Ordinal);

    private async Task<int> EndAsync(RolloutTerm term, string sql, NpgsqlParameter which, TargetEnd end, CancellationToken cancellationToken) =>
        (await WriteAsync(term, sql, [which, Number((long)end.To), Now, Text(end.Reason)], static _ => 0, cancellationToken)).Length;

    private Task<ImmutableArray<T>> RowsAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        PostgresRows.ReadAsync(store().Database, sql, parameters, read, cancellationToken);

    private async Task<ImmutableArray<T>> WriteAsync<T>(
        RolloutTerm term, string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await store().Database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var fence = new NpgsqlCommand(PostgresTargetSql.Term, connection) { Parameters = { Text(term.Rollout) } };
            if (await fence.ExecuteScalarAsync(cancellationToken) is not long current || current != term.Term)
            {
                throw new StaleTermException(term.Rollout);
            }

            await using var write = new NpgsqlCommand(sql, connection) { Parameters = { Text(term.Rollout) } };
            write.Parameters.AddRange(parameters);
            var rows = await ReadAsync(write, read, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return rows;
        }
        catch (NpgsqlException e)
        {
            throw PostgresFaults.Translate(e);
        }
    }
}
