using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>Appends the steps that ride with a device's row, and moves the members' rows. Used inside a transaction of the writer thread.</summary>
internal sealed class StepTable(SqliteDatabase database)
{
    private const string AppendSql = """
        INSERT INTO update_history (device_id, generation_id, sequence, at, rollout, grp, attempt, epoch, from_status, to_status, trigger, actor, evidence,
          release, granted, ready, reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT DO NOTHING
        """;

    // A gated device that still asks for room has not heard that it was given some: its step must not take it back.
    private const string Crosses = "(told = 0 AND granted = 1 AND status = 3 AND ?4 = 3 AND ?7 = 1)";

    private const string MoveSql = $"""
        UPDATE rollout_target SET status = ?4, attempt = ?5, epoch = ?3, granted = ?6 OR {Crosses}, ready = ?7, attempted = attempted | ?8, told = NOT {Crosses}, reason = ?9,
          changed_at = ?10
        WHERE rollout = ?1 AND device_id = ?2 AND epoch <= ?3
        """;

    private const string EndSql = $"""
        UPDATE rollout_target SET status = 22, granted = 0, ready = 0, reason = '{UpdateMoves.DeviceDeleted}', changed_at = ?2
        WHERE (rollout, device_id) IN (SELECT rollout, device_id FROM rollout_target INDEXED BY rollout_target_held WHERE device_id = ?1 AND status < 20)
        """;

    private readonly SqliteStatement append = database.Prepare(AppendSql);
    private readonly SqliteStatement move = database.Prepare(MoveSql);
    private readonly SqliteStatement end = database.Prepare(EndSql);

    /// <param name="deviceId">UTF-8.</param>
    /// <param name="generation">Of the device's registration.</param>
    /// <param name="steps">In the order of their sequence.</param>
    public void Append(ReadOnlySpan<byte> deviceId, long generation, IReadOnlyList<UpdateStep> steps)
    {
        append.BindText(1, deviceId);
        append.Bind(2, generation);
        for (var i = 0; i < steps.Count; i++)
        {
            Append(steps[i]);
        }

        foreach (var taken in UpdateMoves.Of(steps))
        {
            Move(deviceId, taken);
        }
    }

    /// <summary>Ends the members of live rollouts whose device is deleted.</summary>
    public void EndMember(ReadOnlySpan<byte> deviceId, DateTimeOffset now)
    {
        end.BindText(1, deviceId);
        end.Bind(2, now.UtcTicks);
        end.Execute();
    }

    private void Append(UpdateStep step)
    {
        append.Bind(3, step.Sequence);
        append.Bind(4, step.At.UtcTicks);
        append.BindText(5, step.Rollout);
        append.Bind(6, step.Group);
        append.Bind(7, step.Attempt);
        append.Bind(8, step.Epoch);
        append.Bind(9, (long)step.From);
        append.Bind(10, (long)step.To);
        append.BindText(11, step.Trigger);
        append.BindText(12, step.Actor);
        append.BindText(13, step.Evidence);
        append.BindText(14, step.Release);
        append.Bind(15, step.IsGranted ? 1 : 0);
        append.Bind(16, step.IsReady ? 1 : 0);
        append.BindText(17, step.Reason);
        append.Execute();
    }

    private void Move(ReadOnlySpan<byte> deviceId, UpdateMove taken)
    {
        var step = taken.Last;
        move.BindText(1, step.Rollout);
        move.BindText(2, deviceId);
        move.Bind(3, step.Epoch);
        move.Bind(4, (long)step.To);
        move.Bind(5, step.Attempt);
        move.Bind(6, step.IsGranted ? 1 : 0);
        move.Bind(7, step.IsReady ? 1 : 0);
        move.Bind(8, taken.IsAttempted ? 1 : 0);
        move.BindText(9, step.Reason);
        move.Bind(10, step.At.UtcTicks);
        move.Execute();
    }
}
