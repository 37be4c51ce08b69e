namespace Muster.Storage.Postgres;

/// <summary>The arrays of <see cref="StepStatement"/>: the three columns of the key, then the step's own.</summary>
internal static class StepColumns
{
    private const int KeyColumns = 3;

    public static ArrayColumn<WrittenStepRow>[] History =>
    [
        .. Key<WrittenStepRow>(static row => row.Write),
        Of("sequence", "bigint", static row => row.Step.Sequence),
        Of("at", "bigint", static row => row.Step.At.UtcTicks),
        Of("rollout", "text", static row => row.Step.Rollout),
        Of("grp", "integer", static row => row.Step.Group),
        Of("attempt", "integer", static row => row.Step.Attempt),
        Of("epoch", "integer", static row => row.Step.Epoch),
        Of("from_status", "smallint", static row => (short)row.Step.From),
        Of("to_status", "smallint", static row => (short)row.Step.To),
        Of("granted", "boolean", static row => row.Step.IsGranted),
        Of("ready", "boolean", static row => row.Step.IsReady),
        Of("trigger", "text", static row => row.Step.Trigger),
        Of("actor", "text", static row => row.Step.Actor),
        Of("evidence", "text", static row => Possible(row.Step.Evidence)),
        Of("release", "text", static row => row.Step.Release),
        Of("reason", "text", static row => Possible(row.Step.Reason)),
    ];

    public static ArrayColumn<MovedRow>[] Moves =>
    [
        .. Key<MovedRow>(static row => row.Write),
        Move("rollout", "text", static row => row.Move.Last.Rollout),
        Move("status", "smallint", static row => (short)row.Move.Last.To),
        Move("attempt", "integer", static row => row.Move.Last.Attempt),
        Move("epoch", "integer", static row => row.Move.Last.Epoch),
        Move("granted", "boolean", static row => row.Move.Last.IsGranted),
        Move("ready", "boolean", static row => row.Move.Last.IsReady),
        Move("attempted", "boolean", static row => row.Move.IsAttempted),
        Move("reason", "text", static row => Possible(row.Move.Last.Reason)),
        Move("changed_at", "bigint", static row => row.Move.Last.At.UtcTicks),
    ];

    /// <summary>The columns behind the key.</summary>
    public static string Names(ArrayColumn<WrittenStepRow>[] columns) => string.Join(", ", columns.Skip(KeyColumns).Select(column => column.Name));

    private static ArrayColumn<TRow>[] Key<TRow>(Func<TRow, DeviceWrite> write) =>
    [
        new ArrayColumn<TRow, int>("virtual_partition", "integer", row => write(row).Partition),
        new ArrayColumn<TRow, ReadOnlyMemory<byte>>("device_id", "text", row => write(row).DeviceId),
        new ArrayColumn<TRow, ReadOnlyMemory<byte>>("module_id", "text", row => write(row).ModuleId),
    ];

    private static ArrayColumn<WrittenStepRow, T> Of<T>(string name, string type, Func<WrittenStepRow, T> value) => new(name, type, value);

    private static ArrayColumn<MovedRow, T> Move<T>(string name, string type, Func<MovedRow, T> value) => new(name, type, value);

    // PostgreSQL has no U+0000 in text, and a device may say one.
    private static string? Possible(string? text) => text?.Replace('\0', '\ufffd');
}
