using System.Globalization;
using Muster.Devices;
using Muster.Telemetry;
using Muster.Updates;
using Orleans.Storage;

namespace Muster.Storage.Postgres;

/// <summary>
/// A grain's write or clear. The promise is the operation itself, and the state is sent from where it stands, so that a write costs one object.
/// </summary>
internal sealed class DeviceWrite : TaskCompletionSource, IWriteOperation
{
    private static SiloText? lastSilo;

    private readonly IGrainState<DeviceState> target;
    private readonly DeviceState? state;
    private readonly StoredRow? row;
    private readonly DeviceKeyText text;

    /// <param name="clear">True to delete the row instead of writing <see cref="IGrainState{T}.State"/> as it is now.</param>
    /// <exception cref="InconsistentStateException">The ETag is none of this store's.</exception>
    public DeviceWrite(IdSpan key, IGrainState<DeviceState> target, bool clear)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        this.target = target;
        Key = key;
        text = new DeviceKeyText(key);
        Partition = PartitionHash.VirtualPartition(text.DeviceId.Span);
        Expected = target.ETag is { } tag ? ParseTag(tag) : 0;
        if (clear)
        {
            Shape = Expected == 0 ? WriteShape.Absent : WriteShape.Delete;
            Bytes = 64;
            return;
        }

        state = target.State!;
        Steps = UpdateMoves.Take(state);
        row = RowOf(state, target);
        var changed = Expected != 0 && row.State is { } before && row.Version == Expected ? RowPartsExtensions.Changed(before, state) : RowParts.All;
        Shape = Expected == 0 ? WriteShape.Insert : WriteShapes.For(changed);
        var parts = WriteShapes.PartsOf(Shape);
        TagsIndex = parts.HasFlag(RowParts.Tags) ? Postgres.TagsIndex.Of(state.Tags) : null;
        Silo = parts.HasFlag(RowParts.Session) && state.Session.Current is { } session ? TextOf(session.Silo) : null;
        Bytes = 128 + SizeOf(state, parts) + (UpdateMoves.StepBytes * Steps.Count);
    }

    public IdSpan Key { get; }

    public int Partition { get; }

    public ReadOnlyMemory<byte> DeviceId => text.DeviceId;

    public ReadOnlyMemory<byte> ModuleId => text.ModuleId;

    public long Expected { get; }

    public DeviceState State => state!;

    public IReadOnlyList<UpdateStep> Steps { get; } = [];

    public string? TagsIndex { get; private set; }

    public string? Silo { get; private set; }

    public WriteShape Shape { get; }

    public int Index { get; set; }

    public long Result { get; set; }

    public int Bytes { get; }

    public long Since { get; set; }

    public bool IsAlone => true;

    public static string FormatTag(long version) => version.ToString(CultureInfo.InvariantCulture);

    public bool Committed()
    {
        if (Result == 0)
        {
            Failed(new InconsistentStateException($"The row of {Key} is not at version {Expected} any more.", "", FormatTag(Expected)));
            return false;
        }

        if (state is null)
        {
            target.State = new DeviceState();
        }
        else
        {
            row!.Version = Result;
            row.State = state;
        }

        target.RecordExists = state is not null;
        target.ETag = state is null ? null : FormatTag(Result);
        SetResult();
        return true;
    }

    public void Failed(Exception why)
    {
        if (row is not null)
        {
            row.Version = 0;
        }

        SetException(why);
    }

    private static StoredRow RowOf(DeviceState state, object owner)
    {
        if (state.Mark.Row is StoredRow known && ReferenceEquals(known.Owner, owner))
        {
            return known;
        }

        var made = new StoredRow(owner);
        state.Mark = new StoreMark { Row = made };
        return made;
    }

    // Nearly all sessions of a silo's grains are its own, and its text would be garbage for each write.
    private static string TextOf(SiloAddress silo)
    {
        if (lastSilo is not { } last || !last.Address.Equals(silo))
        {
            lastSilo = last = new SiloText(silo, silo.ToParsableString());
        }

        return last.Text;
    }

    private static int SizeOf(DeviceState state, RowParts parts)
    {
        var size = parts.HasFlag(RowParts.Reported) ? Length(state.Reported) : 0;
        size += parts.HasFlag(RowParts.Desired) ? Length(state.Desired) : 0;
        size += parts.HasFlag(RowParts.Tags) ? 2 * Length(state.Tags) : 0;
        size += parts.HasFlag(RowParts.Messages) ? Length(state.Messages) + Length(state.Feedback) : 0;
        size += parts.HasFlag(RowParts.Update) ? Length(state.Update) : 0;
        size += parts.HasFlag(RowParts.Session) ? Length(state.Upstream) : 0;
        return size + (parts.HasFlag(RowParts.Telemetry) ? Length(state.Telemetry) : 0);
    }

    private static int Length(TwinSection section) => Length(section.Json) + Length(section.Metadata);

    private static int Length(byte[]? bytes) => bytes?.Length ?? 0;

    private static long ParseTag(string tag) => long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
        ? version
        : throw new InconsistentStateException("The ETag is none of this store's.", "", tag);

    private sealed record SiloText(SiloAddress Address, string Text);
}

/// <summary>The two texts in a grain key, <c>device</c> or <c>device/module</c>, as UTF-8 where they stand.</summary>
internal readonly struct DeviceKeyText(IdSpan key)
{
    private readonly byte[] bytes = IdSpan.UnsafeGetArray(key)!;
    private readonly int slash = key.AsSpan().IndexOf((byte)'/');

    public ReadOnlyMemory<byte> DeviceId => slash < 0 ? bytes : bytes.AsMemory(0, slash);

    public ReadOnlyMemory<byte> ModuleId => slash < 0 ? default : bytes.AsMemory(slash + 1);
}
