using Muster.Devices;
using Muster.Telemetry;
using Muster.Twins;

namespace Muster.Events;

/// <summary>
/// What befell a device or module, told in the log once it is stored. Holds what its grain has in hand anyway: the text is made by the queue.
/// </summary>
internal abstract class DeviceEvent(DeviceKey key, DeviceState state, DateTimeOffset at)
{
    internal DeviceKey Key { get; } = key;

    /// <summary>The stored state that it ended in; of what was deleted, the last one.</summary>
    internal DeviceState State { get; } = state;

    /// <summary>UTC, the silo's clock.</summary>
    internal DateTimeOffset At { get; } = at;

    internal abstract EventSource Source { get; }

    /// <summary>IoT Hub's <c>opType</c>.</summary>
    internal abstract string Operation { get; }

    /// <summary>About how many bytes it holds while it waits, and will write.</summary>
    internal virtual int Weight => 1024;

    /// <summary>The event is in the log, or will never be.</summary>
    internal virtual void End()
    {
    }

    /// <param name="move">With its patches as they were applied.</param>
    /// <param name="isReplace">True if all of tags and desired properties became what was given.</param>
    internal sealed class TwinChanged(DeviceKey key, TwinMove.Moved move, bool isReplace, DateTimeOffset at) : DeviceEvent(key, move.Next, at)
    {
        internal TwinMove.Moved Move => move;

        internal bool IsReplace => isReplace;

        internal override EventSource Source => EventSource.TwinChange;

        // Its state is the newest but for a moment: the grain soon has another.
        internal override int Weight => base.Weight + SizeOf(State.Tags) + SizeOf(State.Desired) + SizeOf(State.Reported)
            + (move.Desired?.Patch.Span.Length ?? 0) + (move.Tags?.Span.Length ?? 0) + (move.Reported?.Span.Length ?? 0);

        internal override string Operation => isReplace ? "replaceTwin" : "updateTwin";
    }

    private static int SizeOf(byte[]? part) => part?.Length ?? 0;

    private static int SizeOf(TwinSection section) => SizeOf(section.Json) + SizeOf(section.Metadata);

    /// <param name="isCreated">False: it was deleted.</param>
    internal sealed class LifecycleChanged(DeviceKey key, DeviceState state, bool isCreated, DateTimeOffset at) : DeviceEvent(key, state, at)
    {
        private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes once the event is durable, or was given up.</summary>
        internal Task Written => written.Task;

        internal override EventSource Source => EventSource.DeviceLifecycle;

        internal override string Operation => (isCreated, Key.IsModule) switch
        {
            (true, false) => "createDeviceIdentity",
            (true, true) => "createModuleIdentity",
            (false, false) => "deleteDeviceIdentity",
            (false, true) => "deleteModuleIdentity",
        };

        internal override void End() => written.TrySetResult();
    }

    /// <param name="epoch">Of the session.</param>
    /// <param name="isConnected">False: the session ended.</param>
    internal sealed class ConnectionChanged(DeviceKey key, DeviceState state, long epoch, bool isConnected, DateTimeOffset at) : DeviceEvent(key, state, at)
    {
        internal long Epoch => epoch;

        internal bool IsConnected => isConnected;

        internal override EventSource Source => EventSource.DeviceConnectionState;

        internal override string Operation => (isConnected, Key.IsModule) switch
        {
            (true, false) => "deviceConnected",
            (true, true) => "moduleConnected",
            (false, false) => "deviceDisconnected",
            (false, true) => "moduleDisconnected",
        };
    }
}
