namespace Muster.Storage.Postgres;

/// <summary>Which statement a write goes into. Each of those of a batch has rows of one shape.</summary>
internal enum WriteShape
{
    /// <summary>Not a write, but something that waits for those before it.</summary>
    None = -1,
    Insert,
    Delete,

    /// <summary>A clear of what the grain never saw: there must be no row.</summary>
    Absent,
    Reported,
    Telemetry,
    Session,
    Desired,
    DesiredAndTags,

    /// <summary>What a device says of itself, where it said several things while the last write was under way.</summary>
    FromDevice,

    /// <summary>Queued messages, their feedback, and when they are due.</summary>
    Messages,

    /// <summary>The device's update, and when it is due.</summary>
    Update,

    /// <summary>As above, where the device is told by its twin, or tells.</summary>
    UpdateAndTwin,
    All,
}

internal static class WriteShapes
{
    private static readonly WriteShape[] Updates =
    [
        WriteShape.Reported, WriteShape.Telemetry, WriteShape.Session, WriteShape.Desired, WriteShape.DesiredAndTags, WriteShape.FromDevice, WriteShape.Messages,
        WriteShape.Update, WriteShape.UpdateAndTwin,
    ];

    public static RowParts PartsOf(WriteShape shape) => shape switch
    {
        WriteShape.Reported => RowParts.Reported,
        WriteShape.Telemetry => RowParts.Telemetry,
        WriteShape.Session => RowParts.Session,
        WriteShape.Desired => RowParts.Desired,
        WriteShape.DesiredAndTags => RowParts.Desired | RowParts.Tags,
        WriteShape.FromDevice => RowParts.Reported | RowParts.Telemetry | RowParts.Session,
        WriteShape.Messages => RowParts.Messages | RowParts.Deadline,
        WriteShape.Update => RowParts.Update | RowParts.Deadline,
        WriteShape.UpdateAndTwin => RowParts.Update | RowParts.Deadline | RowParts.Desired | RowParts.Reported,
        WriteShape.Delete or WriteShape.Absent => RowParts.None,
        _ => RowParts.All,
    };

    /// <summary>The update that writes the parts and the least besides.</summary>
    public static WriteShape For(RowParts parts)
    {
        foreach (var shape in Updates)
        {
            if ((parts & ~PartsOf(shape)) == 0)
            {
                return shape;
            }
        }

        return WriteShape.All;
    }
}
