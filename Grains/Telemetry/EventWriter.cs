using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Muster.Telemetry;

/// <summary>What the hub knows of an event's sender, encoded once per session.</summary>
public sealed class EventOrigin
{
    /// <param name="deviceId">The device.</param>
    /// <param name="moduleId">The module that sends; null for the device itself.</param>
    /// <param name="generationId">The identity's generation.</param>
    /// <param name="authMethod">The JSON text of <c>iothub-connection-auth-method</c>; empty where the hub itself speaks of the device.</param>
    public EventOrigin(string deviceId, string? moduleId, string generationId, string authMethod)
    {
        Partition = PartitionHash.EventPartition(deviceId);
        var writer = new ArrayBufferWriter<byte>(256);
        EventWriter.WriteText(writer, deviceId);
        EventWriter.WriteText(writer, moduleId ?? "");
        EventWriter.WriteText(writer, generationId);
        EventWriter.WriteText(writer, authMethod);
        Encoded = writer.WrittenSpan.ToArray();
    }

    public int Partition { get; }

    internal byte[] Encoded { get; }
}

/// <summary>
/// Writes event records for <see cref="IEventLog.AppendAsync"/>, property by property and without an allocation. Layout of a record: length
/// (uint32, of what follows), version 1, source, origin (four texts), system properties (count, then name and value), application properties
/// (the same), body to the end. Text: uint16 length + UTF-8; length 0xFFFF stands for null.
/// </summary>
public ref struct EventWriter
{
    /// <summary>The layout's version.</summary>
    public const byte Version = 1;

    internal const ushort Null = ushort.MaxValue;
    private readonly ArrayBufferWriter<byte> buffer;
    private readonly int start;
    private int countAt;
    private ushort count;
    private bool inApplicationProperties;

    /// <summary>Begins a record behind what <paramref name="buffer"/> holds.</summary>
    public EventWriter(ArrayBufferWriter<byte> buffer, EventOrigin origin, EventSource source)
    {
        this.buffer = buffer;
        start = buffer.WrittenCount;
        var head = buffer.GetSpan(6 + origin.Encoded.Length + 2);
        head[4] = Version;
        head[5] = (byte)source;
        origin.Encoded.CopyTo(head[6..]);
        countAt = start + 6 + origin.Encoded.Length;
        buffer.Advance(6 + origin.Encoded.Length + 2);
    }

    /// <summary>Adds a system property by its downstream name; before the first application property.</summary>
    public void SystemProperty(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value) => Add(name, value, isNull: false);

    /// <summary>From here on, properties are the application's.</summary>
    public void BeginProperties()
    {
        EndCount();
        inApplicationProperties = true;
        countAt = buffer.WrittenCount;
        buffer.GetSpan(2);
        buffer.Advance(2);
    }

    /// <summary>Adds an application property.</summary>
    public void Property(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, bool isNull = false) => Add(name, value, isNull);

    /// <summary>Ends the record with its body.</summary>
    public void End(ReadOnlySequence<byte> body)
    {
        if (!inApplicationProperties)
        {
            BeginProperties();
        }

        EndCount();
        foreach (var segment in body)
        {
            buffer.Write(segment.Span);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(Written(start), (uint)(buffer.WrittenCount - start - 4));
    }

    internal static void WriteText(ArrayBufferWriter<byte> writer, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = writer.GetSpan(2 + length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, checked((ushort)length));
        Encoding.UTF8.GetBytes(text, span[2..]);
        writer.Advance(2 + length);
    }

    private void Add(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, bool isNull)
    {
        Write(name, isNull: false);
        Write(value, isNull);
        count++;
    }

    private readonly void Write(scoped ReadOnlySpan<byte> text, bool isNull)
    {
        var span = buffer.GetSpan(2 + text.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, isNull ? Null : checked((ushort)text.Length));
        text.CopyTo(span[2..]);
        buffer.Advance(2 + text.Length);
    }

    private void EndCount()
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Written(countAt), count);
        count = 0;
    }

    // ArrayBufferWriter hands out what was written read-only; a length that stands before its content is patched in place.
    private readonly Span<byte> Written(int at)
    {
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(buffer.WrittenMemory, out var array);
        return array.AsSpan(at);
    }
}
