using System.Buffers;
using System.Text;
using Muster.Mqtt;
using Muster.Telemetry;

namespace Muster.Http;

/// <summary>A device-to-cloud message as HTTPS brings it: properties by their HTTP names, and a body.</summary>
internal sealed class HttpMessage
{
    private const string ApplicationPrefix = "iothub-app-";
    private readonly List<(string Name, string Value)> system = [];
    private readonly List<(string Name, string Value)> application = [];

    internal IReadOnlyList<(string Name, string Value)> SystemProperties => system;

    internal IReadOnlyList<(string Name, string Value)> Properties => application;

    /// <summary>Empty unless set.</summary>
    internal ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>Names and values of all properties in UTF-8.</summary>
    internal int PropertyBytes { get; private set; }

    /// <summary>What a message may have: properties of 8 KB, with the body 256 KiB.</summary>
    internal bool IsTooLarge => PropertyBytes > PacketLimits.MaxPropertyBytes || PropertyBytes + Body.Length > PacketLimits.MaxMessageBytes;

    /// <summary>Adds a property by its HTTP name, in any case.</summary>
    /// <returns>False for a name that stands for no property.</returns>
    internal bool TryAdd(string name, string value)
    {
        if (name.StartsWith(ApplicationPrefix, StringComparison.OrdinalIgnoreCase))
        {
            if (name.Length == ApplicationPrefix.Length)
            {
                return false;
            }

            Add(application, name[ApplicationPrefix.Length..], value);
            return true;
        }

        if (SystemName(name) is { } downstream)
        {
            Add(system, downstream, value);
            return true;
        }

        if (name.Equals("iothub-creation-time-utc", StringComparison.OrdinalIgnoreCase) || name.Equals("iothub-ack", StringComparison.OrdinalIgnoreCase))
        {
            Add(application, name.ToLowerInvariant(), value);
            return true;
        }

        return false;
    }

    /// <summary>Adds an application property that has no prefix.</summary>
    internal void AddPlain(string name, string value) => Add(application, name, value);

    /// <summary>Writes the message as an event record.</summary>
    internal void Write(ArrayBufferWriter<byte> buffer, EventOrigin origin)
    {
        var writer = new EventWriter(buffer, origin, EventSource.Telemetry);
        foreach (var (name, value) in system)
        {
            writer.SystemProperty(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }

        writer.BeginProperties();
        foreach (var (name, value) in application)
        {
            writer.Property(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }

        writer.End(new ReadOnlySequence<byte>(Body));
    }

    private void Add(List<(string Name, string Value)> properties, string name, string value)
    {
        properties.Add((name, value));
        PropertyBytes += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
    }

    private static string? SystemName(string name) => name.ToLowerInvariant() switch
    {
        "iothub-messageid" => "message-id",
        "iothub-correlationid" => "correlation-id",
        "iothub-userid" => "user-id",
        "iothub-to" => "to",
        "iothub-expiry" => "absolute-expiry-time",
        "iothub-contenttype" => "content-type",
        "iothub-contentencoding" => "content-encoding",
        "iothub-interface-id" => "iothub-interface-id",
        "iothub-outputname" => "iothub-outputname",
        "dt-subject" => "dt-subject",
        _ => null,
    };
}
