using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>Reads what <see cref="StepTable"/> wrote.</summary>
internal sealed class SqliteUpdateHistory(ISqliteReadPool lookups) : IUpdateHistory
{
    private const string Columns =
        "position, device_id, sequence, at, rollout, grp, attempt, epoch, from_status, to_status, trigger, actor, evidence, release, granted, ready, reason";

    // Of an id that was registered more than once, the newest registration's.
    private const string OfDevice = $"""
        SELECT {Columns} FROM update_history INDEXED BY update_history_step
        WHERE device_id = ?1 AND generation_id = (SELECT max(generation_id) FROM update_history WHERE device_id = ?1) AND sequence < ?2
        ORDER BY sequence DESC LIMIT ?3
        """;

    private const string OfRollout =
        $"SELECT {Columns} FROM update_history INDEXED BY update_history_rollout WHERE rollout = ?1 AND position > ?2 ORDER BY position LIMIT ?3";

    public async Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int limit, CancellationToken cancellationToken)
    {
        var steps = await ReadAsync(OfDevice, deviceId, before, limit, cancellationToken);
        return [.. steps.Select(static written => written.Step)];
    }

    public Task<ImmutableArray<WrittenStep>> ReadRolloutAsync(string rollout, long after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(OfRollout, rollout, after, limit, cancellationToken);

    private Task<ImmutableArray<WrittenStep>> ReadAsync(string sql, string whose, long bound, int limit, CancellationToken cancellationToken) => lookups.ReadAsync(
        database =>
        {
            var read = database.Cached(sql);
            read.BindText(1, whose);
            read.Bind(2, bound);
            read.Bind(3, limit);
            return SqliteRows.Read(read, Step);
        },
        cancellationToken);

    private static WrittenStep Step(SqliteStatement row) => new(row.Int64(0), row.TextOrNull(1)!, new UpdateStep
    {
        Sequence = row.Int64(2),
        At = new DateTimeOffset(row.Int64(3), TimeSpan.Zero),
        Rollout = row.TextOrNull(4)!,
        Group = (int)row.Int64(5),
        Attempt = (int)row.Int64(6),
        Epoch = (int)row.Int64(7),
        From = (UpdateStatus)row.Int64(8),
        To = (UpdateStatus)row.Int64(9),
        Trigger = row.TextOrNull(10)!,
        Actor = row.TextOrNull(11)!,
        Evidence = row.TextOrNull(12),
        Release = row.TextOrNull(13),
        IsGranted = row.Int64(14) != 0,
        IsReady = row.Int64(15) != 0,
        Reason = row.TextOrNull(16),
    });
}
