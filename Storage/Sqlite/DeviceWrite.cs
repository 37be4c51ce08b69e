using System.Globalization;
using Muster.Devices;
using Muster.Updates;
using Orleans.Storage;

namespace Muster.Storage.Sqlite;

/// <summary>
/// A grain's write or clear. The promise is the operation itself, and the state is bound where it stands, so that a write costs one object.
/// </summary>
internal sealed class DeviceWrite : TaskCompletionSource, IWriteOperation
{
    private readonly IdSpan key;
    private readonly IGrainState<DeviceState> target;
    private readonly DeviceState? state;
    private readonly IReadOnlyList<UpdateStep> steps;
    private readonly long expected;
    private long version;

    /// <param name="clear">True to delete the row instead of writing <see cref="IGrainState{T}.State"/> as it is now.</param>
    /// <exception cref="InconsistentStateException">The ETag is none of this store's.</exception>
    public DeviceWrite(IdSpan key, IGrainState<DeviceState> target, bool clear)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        this.key = key;
        this.target = target;
        state = clear ? null : target.State;
        steps = UpdateMoves.Take(state);
        expected = target.ETag is { } tag ? ParseTag(tag) : 0;
        Bytes = 256 + Length(state?.Desired.Json) + Length(state?.Reported.Json) + Length(state?.Tags) + Length(state?.Telemetry)
            + Length(state?.Desired.Metadata) + Length(state?.Reported.Metadata) + Length(state?.Messages) + Length(state?.Feedback)
            + Length(state?.Upstream) + Length(state?.Update) + (UpdateMoves.StepBytes * steps.Count);
    }

    public int Bytes { get; }

    public static string FormatTag(long version) => version.ToString(CultureInfo.InvariantCulture);

    public void Apply(WriteSession session) => version = state is null
        ? session.Devices.Delete(key.AsSpan(), expected) ? 1 : 0
        : session.Devices.Write(key.AsSpan(), state, expected, steps);

    public void Committed()
    {
        if (version == 0)
        {
            SetException(new InconsistentStateException($"The row of {key} is not at version {expected} any more.", "", FormatTag(expected)));
            return;
        }

        target.RecordExists = state is not null;
        target.ETag = state is null ? null : FormatTag(version);
        if (state is null)
        {
            target.State = new DeviceState();
        }

        SetResult();
    }

    public void Failed(Exception why) => SetException(why);

    private static int Length(byte[]? bytes) => bytes?.Length ?? 0;

    private static long ParseTag(string tag) => long.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
        ? version
        : throw new InconsistentStateException("The ETag is none of this store's.", "", tag);
}
