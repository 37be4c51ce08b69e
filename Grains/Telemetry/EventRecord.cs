using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Muster.Telemetry;

/// <summary>Reads what <see cref="EventWriter"/> wrote.</summary>
public static class EventRecord
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The system property that says when the hub took the event; of one that came from the upstream hub, when that did.</summary>
    internal const string EnqueuedTime = "iothub-enqueuedtime";

    /// <summary>The system property that says where an event stands at the upstream hub that it came from: <c>partition:sequence</c>.</summary>
    internal const string UpstreamSequence = "iothub-upstream-sequence";

    /// <summary>As <see cref="EnqueuedTime"/> has it.</summary>
    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <param name="record">One record without the length before it; it is copied from, not kept.</param>
    /// <param name="partition">The partition that it stands in.</param>
    /// <param name="offset">Its place there.</param>
    /// <param name="enqueuedAt">When the log took it.</param>
    /// <exception cref="InvalidDataException">The bytes are not a record, or of another version. Nothing else is ever thrown.</exception>
    public static StoredEvent Decode(ReadOnlySpan<byte> record, int partition, long offset, DateTimeOffset enqueuedAt)
    {
        var rest = record;
        if (rest.Length < 2 || rest[0] != EventWriter.Version)
        {
            throw new InvalidDataException("The event record is empty or of another version.");
        }

        var source = (EventSource)rest[1];
        if (!Enum.IsDefined(source))
        {
            throw new InvalidDataException($"The event record is of an unknown source ({(int)source}).");
        }

        rest = rest[2..];
        var origin = new Origin(RequiredText(ref rest), RequiredText(ref rest), RequiredText(ref rest), RequiredText(ref rest));
        return new StoredEvent
        {
            Partition = partition,
            Offset = offset,
            EnqueuedAt = enqueuedAt,
            DeviceId = origin.DeviceId,
            ModuleId = origin.ModuleId.Length == 0 ? null : origin.ModuleId,
            SystemProperties = SystemProperties(ref rest, origin, source, enqueuedAt),
            Properties = Properties(ref rest),
            Body = rest.ToArray(),
            Source = source,
        };
    }

    private static ImmutableArray<EventProperty> SystemProperties(
        ref ReadOnlySpan<byte> rest, in Origin origin, EventSource source, DateTimeOffset enqueuedAt)
    {
        var count = Count(ref rest);
        var properties = ImmutableArray.CreateBuilder<EventProperty>(count + 6);
        Read(ref rest, count, properties);
        properties.Add(new EventProperty("iothub-connection-device-id", origin.DeviceId));
        if (origin.ModuleId.Length > 0)
        {
            properties.Add(new EventProperty("iothub-connection-module-id", origin.ModuleId));
        }

        if (origin.AuthMethod.Length > 0)
        {
            properties.Add(new EventProperty("iothub-connection-auth-method", origin.AuthMethod));
        }

        properties.Add(new EventProperty("iothub-connection-auth-generation-id", origin.GenerationId));
        if (!TakenUpstream(properties))
        {
            properties.Add(new EventProperty(EnqueuedTime, Time(enqueuedAt)));
        }

        properties.Add(new EventProperty("iothub-message-source", EventSources.Name(source)));
        return properties.DrainToImmutable();
    }

    // What came from the upstream hub was enqueued there.
    private static bool TakenUpstream(ImmutableArray<EventProperty>.Builder properties)
    {
        foreach (var property in properties)
        {
            if (property.Name == EnqueuedTime)
            {
                return true;
            }
        }

        return false;
    }

    private static ImmutableArray<EventProperty> Properties(ref ReadOnlySpan<byte> rest)
    {
        var count = Count(ref rest);
        var properties = ImmutableArray.CreateBuilder<EventProperty>(count);
        Read(ref rest, count, properties);
        return properties.DrainToImmutable();
    }

    private static void Read(ref ReadOnlySpan<byte> rest, int count, ImmutableArray<EventProperty>.Builder into)
    {
        for (var i = 0; i < count; i++)
        {
            into.Add(new EventProperty(RequiredText(ref rest), Text(ref rest)));
        }
    }

    private static int Count(ref ReadOnlySpan<byte> rest)
    {
        var count = Number(ref rest);

        // Each property takes four bytes at least, so that a false count cannot ask for more memory than the record itself.
        return count <= rest.Length / 4 ? count : throw new InvalidDataException("The event record counts more properties than it can hold.");
    }

    private static string RequiredText(ref ReadOnlySpan<byte> rest) =>
        Text(ref rest) ?? throw new InvalidDataException("The event record lacks a text that must be there.");

    private static string? Text(ref ReadOnlySpan<byte> rest)
    {
        var length = Number(ref rest);
        if (length == EventWriter.Null)
        {
            return null;
        }

        if (length > rest.Length)
        {
            throw new InvalidDataException("The event record ends inside of a text.");
        }

        try
        {
            var text = StrictUtf8.GetString(rest[..length]);
            rest = rest[length..];
            return text;
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("The event record holds a text that is not UTF-8.", e);
        }
    }

    private static int Number(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 2)
        {
            throw new InvalidDataException("The event record ends too early.");
        }

        var number = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        rest = rest[2..];
        return number;
    }

    private readonly record struct Origin(string DeviceId, string ModuleId, string GenerationId, string AuthMethod);
}
