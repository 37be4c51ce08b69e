using Muster.Devices;

namespace Muster.Amqp;

/// <summary>What a link of a device is for.</summary>
internal enum DeviceLinkKind
{
    /// <summary>From the device: <c>…/messages/events</c>.</summary>
    Telemetry = 0,

    /// <summary>To the device: <c>…/messages/devicebound</c>.</summary>
    Messages,

    /// <summary>To the module: <c>…/messages/events</c>, where an Edge hub would route to it.</summary>
    Inputs,

    /// <summary>To the device: <c>…/methods/devicebound</c>.</summary>
    MethodRequests,

    /// <summary>From the device, at the same address.</summary>
    MethodAnswers,

    /// <summary>From the device: <c>…/twin</c>.</summary>
    TwinRequests,

    /// <summary>To the device, at the same address: answers, and changes of the desired properties.</summary>
    TwinAnswers,
}

/// <summary>An address of a device's or module's own: <c>/devices/{d}/…</c> or <c>/devices/{d}/modules/{m}/…</c>.</summary>
internal readonly record struct DeviceAddress(DeviceKey Key, DeviceLinkKind Kind)
{
    /// <summary>Null: no device has such an address, or not in that direction.</summary>
    public static DeviceAddress? Read(LinkAddress address, LinkDirection direction)
    {
        string[] path = [.. address.Segments];
        var (device, module, rest) = path switch
        {
            [var devices, var d, var modules, var m, .. var tail] when Is(devices, "devices") && Is(modules, "modules") => (d, m, tail),
            [var devices, var d, .. var tail] when Is(devices, "devices") => (d, null, tail),
            _ => (null, (string?)null, path),
        };
        return device is not null && DeviceKey.TryCreate(device, module, out var key) && KindOf(rest, direction, key.IsModule) is { } kind
            ? new DeviceAddress(key, kind)
            : null;
    }

    private static DeviceLinkKind? KindOf(string[] rest, LinkDirection direction, bool isModule)
    {
        var isFromDevice = direction == LinkDirection.FromClient;
        return rest switch
        {
            [var twin] when Is(twin, "twin") => isFromDevice ? DeviceLinkKind.TwinRequests : DeviceLinkKind.TwinAnswers,
            [var methods, var bound] when Is(methods, "methods") && Is(bound, "devicebound") =>
                isFromDevice ? DeviceLinkKind.MethodAnswers : DeviceLinkKind.MethodRequests,
            [var messages, var events] when Is(messages, "messages") && Is(events, "events") =>
                isFromDevice ? DeviceLinkKind.Telemetry : isModule ? DeviceLinkKind.Inputs : null,
            [var messages, var bound] when Is(messages, "messages") && Is(bound, "devicebound") && !isFromDevice && !isModule => DeviceLinkKind.Messages,
            _ => null,
        };
    }

    private static bool Is(string segment, string word) => segment.Equals(word, StringComparison.OrdinalIgnoreCase);
}
