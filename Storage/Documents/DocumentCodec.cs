using System.Buffers;
using Muster.Errors;
using Orleans.Serialization;

namespace Muster.Storage.Documents;

/// <summary>A byte for the form, then the state as Orleans serializes it: by numbers of members, which outlive names (ADR 8).</summary>
internal sealed class DocumentCodec(Serializer serializer)
{
    private const byte OrleansForm = 1;
    private const int UsualBytes = 1024;

    /// <exception cref="DocumentTooBigException"/>
    public ReadOnlyMemory<byte> Write<T>(DocumentKey key, T state)
    {
        var buffer = new ArrayBufferWriter<byte>(UsualBytes);
        buffer.Write([OrleansForm]);
        serializer.Serialize(state, buffer);
        return buffer.WrittenCount <= DocumentLimits.MaxBytes
            ? buffer.WrittenMemory
            : throw new DocumentTooBigException($"The document of {key} would have {buffer.WrittenCount} bytes; {DocumentLimits.MaxBytes} are allowed.");
    }

    /// <exception cref="StoreFaultException">Damaged, or of a form that only a later program knows.</exception>
    public T Read<T>(DocumentKey key, ReadOnlyMemory<byte> payload)
    {
        if (payload.IsEmpty || payload.Span[0] != OrleansForm)
        {
            throw new StoreFaultException($"The document of {key} is of a form that this program does not know.");
        }

        try
        {
            return serializer.Deserialize<T>(payload[1..])!;
        }
        catch (Exception e)
        {
            // Whatever a codec throws over bytes that are not its own.
            throw new StoreFaultException($"The document of {key} cannot be understood: {e.Message}");
        }
    }
}
