using System.Collections.Immutable;
using Muster.Updates;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// What goes along with the rows of a batch that bring steps: they are appended to the history, and members' rows are moved. Runs behind the statements
/// that write the rows, in their transaction, and finds by the transaction's number which of them were written.
/// </summary>
internal sealed class StepStatement
{
    private const string Written =
        "join device on device.virtual_partition = u.virtual_partition and device.device_id = u.device_id and device.module_id = u.module_id "
        + "and device.xmin = pg_current_xact_id()::xid";

    // A gated device that still asks for room has not heard that it was given some: its step must not take it back.
    private const string Crosses = "(not t.told and t.granted and t.status = 3 and u.status = 3 and u.ready)";

    private readonly StepArrays<WrittenStepRow> history = new(
        StepColumns.History,
        rows => $"insert into update_history (device_id, generation_id, {StepColumns.Names(StepColumns.History)}) "
            + $"select u.device_id, device.generation_id, {StepColumns.Names(StepColumns.History)} from {rows} {Written} on conflict do nothing");

    private readonly StepArrays<MovedRow> moves = new(
        StepColumns.Moves,
        rows => $"update rollout_target t set status = u.status, attempt = u.attempt, epoch = u.epoch, granted = u.granted or {Crosses}, ready = u.ready, "
            + $"attempted = t.attempted or u.attempted, told = not {Crosses}, reason = u.reason, changed_at = u.changed_at "
            + $"from {rows} {Written} where t.rollout = u.rollout and t.device_id = u.device_id and t.epoch <= u.epoch");

    public bool IsEmpty => history.IsEmpty;

    public IEnumerable<NpgsqlBatchCommand> Commands => [history.Command, moves.Command];

    /// <summary>As <see cref="DeviceStatement.Renew"/>.</summary>
    public IEnumerable<NpgsqlBatchCommand> Renew() => [history.Renew(), moves.Renew()];

    public void Add(DeviceWrite write)
    {
        foreach (var step in write.Steps)
        {
            history.Add(new WrittenStepRow(write, step));
        }

        foreach (var move in UpdateMoves.Of(write.Steps))
        {
            moves.Add(new MovedRow(write, move));
        }
    }

    public void Clear()
    {
        history.Clear();
        moves.Clear();
    }
}

internal readonly record struct WrittenStepRow(DeviceWrite Write, UpdateStep Step);

internal readonly record struct MovedRow(DeviceWrite Write, UpdateMove Move);

/// <summary>One statement over arrays, which are filled, sent and emptied again.</summary>
internal sealed class StepArrays<TRow>
{
    private readonly ImmutableArray<ArrayColumn<TRow>> columns;

    public StepArrays(IEnumerable<ArrayColumn<TRow>> columns, Func<string, string> sql)
    {
        this.columns = [.. columns];
        var arrays = this.columns.Select((column, i) => $"unnest(${i + 1}::{column.Type}[]) as {column.Name}");
        Command = new NpgsqlBatchCommand(sql($"(select {string.Join(", ", arrays)}) as u"));
    }

    public NpgsqlBatchCommand Command { get; private set; }

    public bool IsEmpty { get; private set; } = true;

    public NpgsqlBatchCommand Renew()
    {
        Command.Parameters.Clear();
        Command = new NpgsqlBatchCommand(Command.CommandText);
        Command.Parameters.AddRange(columns.Select(column => column.Parameter).ToArray());
        return Command;
    }

    public void Add(TRow row)
    {
        IsEmpty = false;
        foreach (var column in columns)
        {
            column.Add(row);
        }
    }

    public void Clear()
    {
        IsEmpty = true;
        foreach (var column in columns)
        {
            column.Clear();
        }
    }
}
