using Muster.Devices;

namespace Muster.Storage.Postgres;

/// <summary>The parts of a device row that change apart from each other.</summary>
[Flags]
internal enum RowParts
{
    /// <summary>What goes along with every write: twin version and last activity.</summary>
    None = 0,
    Reported = 1,
    Desired = 2,
    Tags = 4,

    /// <summary>With the model id, which a session brings, and what is remembered of the upstream hub, where the session of a mirrored device is.</summary>
    Session = 8,

    /// <summary>Last values, and the offset that they are from.</summary>
    Telemetry = 16,
    Identity = 32,
    Deadline = 64,

    /// <summary>With the feedback that is on its way.</summary>
    Messages = 128,
    Update = 256,
    All = Reported | Desired | Tags | Session | Telemetry | Identity | Deadline | Messages | Update,
}

internal static class RowPartsExtensions
{
    /// <summary>
    /// Which parts of <paramref name="now"/> may differ from <paramref name="before"/>. States share what they did not change, so references
    /// tell, and a part that is equal but not the same counts as changed.
    /// </summary>
    public static RowParts Changed(DeviceState before, DeviceState now)
    {
        var parts = RowParts.None;
        parts |= ReferenceEquals(before.Reported, now.Reported) ? 0 : RowParts.Reported;
        parts |= ReferenceEquals(before.Desired, now.Desired) ? 0 : RowParts.Desired;
        parts |= ReferenceEquals(before.Tags, now.Tags) ? 0 : RowParts.Tags;
        parts |= ReferenceEquals(before.Session, now.Session) && before.ModelId == now.ModelId && ReferenceEquals(before.Upstream, now.Upstream) ? 0 : RowParts.Session;
        parts |= ReferenceEquals(before.Telemetry, now.Telemetry) && before.ObservedOffset == now.ObservedOffset ? 0 : RowParts.Telemetry;
        parts |= ReferenceEquals(before.Identity, now.Identity) ? 0 : RowParts.Identity;
        parts |= before.NextDeadline == now.NextDeadline ? 0 : RowParts.Deadline;
        parts |= ReferenceEquals(before.Messages, now.Messages) && ReferenceEquals(before.Feedback, now.Feedback) ? 0 : RowParts.Messages;
        parts |= ReferenceEquals(before.Update, now.Update) ? 0 : RowParts.Update;
        return parts;
    }
}

/// <summary>
/// The row as it was last read or committed through one grain's state object; hangs on <see cref="StoreMark"/>. Changes with that grain's
/// writes, of which there is one at a time.
/// </summary>
internal sealed class StoredRow(object owner)
{
    /// <summary>The state object of the activation: a copy of the state that another activation wrote says nothing about this one's row.</summary>
    public object Owner { get; } = owner;

    /// <summary>0: not known.</summary>
    public long Version { get; set; }

    public DeviceState? State { get; set; }
}
