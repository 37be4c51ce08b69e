using System.Collections.Immutable;
using Muster.Updates;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>Reads what <see cref="StepStatement"/> wrote.</summary>
internal sealed class PostgresUpdateHistory(Func<PostgresStore> store) : IUpdateHistory
{
    private const string Columns =
        "position, device_id, sequence, at, rollout, grp, attempt, epoch, from_status, to_status, trigger, actor, evidence, release, granted, ready, reason";

    // Of an id that was registered more than once, the newest registration's.
    private const string OfDevice = $"""
        select {Columns} from update_history
        where device_id = $1 and generation_id = (select max(generation_id) from update_history where device_id = $1) and sequence < $2
        order by sequence desc limit $3
        """;

    private const string OfRollout = $"select {Columns} from update_history where rollout = $1 and position > $2 order by position limit $3";

    public async Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int limit, CancellationToken cancellationToken)
    {
        var steps = await ReadAsync(OfDevice, deviceId, before, limit, cancellationToken);
        return [.. steps.Select(static written => written.Step)];
    }

    public Task<ImmutableArray<WrittenStep>> ReadRolloutAsync(string rollout, long after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(OfRollout, rollout, after, limit, cancellationToken);

    private Task<ImmutableArray<WrittenStep>> ReadAsync(string sql, string whose, long bound, int limit, CancellationToken cancellationToken) =>
        PostgresRows.ReadAsync(
            store().Database, sql, [PostgresRows.Text(whose), PostgresRows.Number(bound), PostgresRows.Number(limit)], Step, cancellationToken);

    private static WrittenStep Step(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetString(1), new UpdateStep
    {
        Sequence = row.GetInt64(2),
        At = new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero),
        Rollout = row.GetString(4),
        Group = row.GetInt32(5),
        Attempt = row.GetInt32(6),
        Epoch = row.GetInt32(7),
        From = (UpdateStatus)row.GetInt16(8),
        To = (UpdateStatus)row.GetInt16(9),
        Trigger = row.GetString(10),
        Actor = row.GetString(11),
        Evidence = PostgresRows.TextOrNull(row, 12),
        Release = PostgresRows.TextOrNull(row, 13),
        IsGranted = row.GetBoolean(14),
        IsReady = row.GetBoolean(15),
        Reason = PostgresRows.TextOrNull(row, 16),
    });
}
