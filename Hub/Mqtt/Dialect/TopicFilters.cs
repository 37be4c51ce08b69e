using Muster.Devices;
using Muster.Sessions;

namespace Muster.Mqtt;

/// <summary>The fixed set of filters that a device may subscribe to. Pure.</summary>
internal static class TopicFilters
{
    private const byte Refused = 0x80;

    /// <summary>Adds what is asked for; <paramref name="returnCodes"/> are those of the SUBACK, in order.</summary>
    public static SessionSubscriptions Subscribe(
        SessionSubscriptions current, IReadOnlyList<RequestedFilter> filters, DeviceKey key, out byte[] returnCodes)
    {
        returnCodes = new byte[filters.Count];
        for (var i = 0; i < filters.Count; i++)
        {
            var (plain, qos1) = Match(filters[i].Filter, key);
            var granted = qos1 != SessionSubscriptions.None && filters[i].Qos > 0;
            returnCodes[i] = plain == SessionSubscriptions.None ? Refused : granted ? (byte)1 : (byte)0;
            current = (current & ~qos1) | plain | (granted ? qos1 : SessionSubscriptions.None);
        }

        return current;
    }

    /// <summary>Removes what is named; other filters change nothing.</summary>
    public static SessionSubscriptions Unsubscribe(SessionSubscriptions current, IReadOnlyList<RequestedFilter> filters, DeviceKey key)
    {
        foreach (var (filter, _) in filters)
        {
            var (plain, qos1) = Match(filter, key);
            current &= ~(plain | qos1);
        }

        return current;
    }

    // The second of each pair stands for "granted QoS 1"; twins and methods are never more than QoS 0, so they have none.
    private static (SessionSubscriptions Plain, SessionSubscriptions Qos1) Match(string filter, DeviceKey key) => filter switch
    {
        "$iothub/methods/POST/#" => (SessionSubscriptions.Methods, SessionSubscriptions.None),
        "$iothub/twin/res/#" => (SessionSubscriptions.TwinResponses, SessionSubscriptions.None),
        "$iothub/twin/PATCH/properties/desired/#" => (SessionSubscriptions.DesiredChanges, SessionSubscriptions.None),
        // As it stands first: an id may hold a percent sign of its own.
        _ => MatchOwn(filter, key) is { Plain: not SessionSubscriptions.None } match ? match : MatchOwn(PercentCoding.Decode(filter), key),
    };

    private static (SessionSubscriptions Plain, SessionSubscriptions Qos1) MatchOwn(string? filter, DeviceKey key)
    {
        if (key.IsModule)
        {
            var module = $"devices/{key.DeviceId}/modules/{key.ModuleId}/";
            return filter == $"{module}inputs/#" || filter == $"{module}#"
                ? (SessionSubscriptions.ModuleInputs, SessionSubscriptions.ModuleInputsQos1)
                : default;
        }

        return filter == $"devices/{key.DeviceId}/messages/devicebound/#"
            ? (SessionSubscriptions.CloudToDevice, SessionSubscriptions.CloudToDeviceQos1)
            : default;
    }
}
